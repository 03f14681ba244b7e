import { AppError, idSchema, type OperationName } from '@parley/contracts';
import type { ToolCalls } from './tool-calls.js';

/** The operations that rooms are read by as resources. */
export const resourceOperations: readonly OperationName[] = ['rooms.list', 'messages.list'];

const prefix = 'parley://rooms/';
const mimeType = 'application/json';
const description = 'The last messages of the room, oldest first.';

export const roomTemplate = { name: 'room', title: 'A room', uriTemplate: `${prefix}{roomId}`, description, mimeType };

/** The rooms that the caller is in. */
export async function listRoomResources({ typed }: ToolCalls) {
  const rooms = await typed.rooms.list({});
  return rooms.flatMap((entry) =>
    'mine' in entry ? [{ uri: `${prefix}${entry.room.id}`, name: entry.room.name, description, mimeType }] : [],
  );
}

/** @throws AppError ROOM_NOT_FOUND, FORBIDDEN */
export async function readRoomResource({ typed }: ToolCalls, uri: string) {
  const roomId = idSchema.safeParse(uri.startsWith(prefix) ? uri.slice(prefix.length) : '');
  if (!roomId.success) throw new AppError('NOT_FOUND', `There is no such resource. Rooms are ${prefix} and an id.`);
  const { items } = await typed.messages.list({ roomId: roomId.data });
  return { uri, mimeType, text: JSON.stringify(items) };
}
