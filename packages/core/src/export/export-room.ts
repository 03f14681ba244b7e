import {
  AppError,
  maxMembersInFile,
  maxMembersPerPage,
  roomFileFormat,
  roomFileVersion,
  type AccountFileLine,
  type RoomFileHeader,
  type HoldFileLine,
  type WrittenRoomFileLine,
} from '@parley/contracts';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { listMembers } from '../members/list-members.js';
import { listNotes } from '../notes/list-notes.js';
import { listMessages } from '../messages/list-messages.js';
import { getRoom } from '../rooms/get-room.js';
import type { RoomAccess } from '../access/room-access.js';

/** Messages read by one statement, fewer if they are long. */
const pageSize = 50;

/**
 * Exports a room as a file, in chunks, in the format of `contracts/room-file.ts`: everything said up to the moment the
 * export begins, and deleted messages as traces. A page is read only after the page before was taken, and each page is authorised anew,
 * so that a person who is removed meanwhile gets no more.
 *
 * @throws AppError as `RoomAccess.run` does, before the first chunk or later
 */
export async function* exportRoom(
  deps: Pick<CoreDeps, 'db'> & { rooms: RoomAccess },
  actor: Actor,
  { roomId }: { roomId: string },
): AsyncGenerator<string, void> {
  const { rooms } = deps;
  const { room, mine, members, nextMembers, characters } = await rooms.run(actor, roomId, 'rooms.export', (authorized) =>
    getRoom(deps, authorized),
  );
  const notes = await rooms.run(actor, roomId, 'rooms.export', (authorized) => listNotes(deps, authorized));
  const { lastSeq } = mine;
  const header: Omit<RoomFileHeader, 'members'> = {
    type: 'room',
    format: roomFileFormat,
    version: roomFileVersion,
    exportedAt: new Date().toISOString(),
    room,
    characters,
    notes,
  };
  // The members come last, a page at a time, so that a header of ten thousand is made in as many steps as any other text.
  let text = `${JSON.stringify(header).slice(0, -1)},"members":[${members.map((member) => JSON.stringify(member)).join()}`;
  let named = members.length;
  for (let next = nextMembers; next !== null && named < maxMembersInFile;) {
    const after = next;
    const limit = Math.min(maxMembersPerPage, maxMembersInFile - named);
    const page = await rooms.run(actor, roomId, 'rooms.export', (authorized) => listMembers(deps, authorized, { after, limit }));
    yield text;
    text = page.members.map((member) => `,${JSON.stringify(member)}`).join('');
    named += page.members.length;
    next = page.next;
  }
  yield `${text}]}\n`;
  for (let after = 0; after < lastSeq;) {
    const limit = Math.min(pageSize, lastSeq - after);
    const page = await rooms.run(actor, roomId, 'rooms.export', (authorized) => listMessages(deps, authorized, { after, limit }));
    const last = page.items.at(-1);
    if (!last) throw new AppError('INTERNAL', `room ${roomId} has no message after ${after}`);
    yield page.items.map((message) => line({ type: 'message', message })).join('');
    after = last.seq;
  }
  yield line({ type: 'end', messages: lastSeq });
}

export function line(value: WrittenRoomFileLine | AccountFileLine | HoldFileLine): string {
  return `${JSON.stringify(value)}\n`;
}
