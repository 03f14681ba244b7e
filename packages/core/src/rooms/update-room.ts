import { AppError, type RoomView } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import { refusalBy, type AuthorizedRoom } from '../access/authorized-room.js';
import { changeRoom } from './change-room.js';

export interface UpdateRoomInput {
  name?: string | undefined;
  topic?: string | undefined;
  /** Only an owner changes who can find the room. */
  visibility?: 'public' | 'private' | undefined;
}

/**
 * Changes a room's name, topic or visibility, and says so in it. What is left out stays; where all is so already, nothing is written.
 *
 * @throws AppError FORBIDDEN for a direct room, and to a moderator who changes the visibility; ROOM_ARCHIVED; StaleMembershipError
 */
export async function updateRoom(deps: CoreDeps, room: AuthorizedRoom, { name, topic, visibility }: UpdateRoomInput): Promise<RoomView> {
  if (room.visibility === 'direct') throw new AppError('FORBIDDEN', 'A direct room has no name, topic or visibility to change.');
  if (visibility !== undefined && visibility !== room.visibility && room.role !== 'owner') {
    throw refusalBy(room, new AppError('FORBIDDEN', 'Only an owner changes who can find the room.', { field: 'visibility' }));
  }
  if (room.archived) throw refusalBy(room, new AppError('ROOM_ARCHIVED'));
  return await changeRoom(deps, room, { name, topic, visibility });
}
