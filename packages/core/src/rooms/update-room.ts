import type { ReplyControl, RoomView } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { changeRoom } from './change-room.js';

export interface UpdateRoomInput {
  name?: string | undefined;
  topic?: string | undefined;
  /** Texts of revs: the room has to be as it was at one of them. @default however it is */
  ifVersion?: readonly string[] | undefined;
  /** Decides who can find the room; only an owner may change this. */
  visibility?: 'public' | 'private' | undefined;
  /** Who may stop replies, have them written again and choose their versions. */
  replyControl?: ReplyControl | undefined;
}

/**
 * Changes a room's name, topic, visibility or who has a say over its replies, and says so in the room. Fields left out stay as they are. If the room is already as
 * wanted, nothing is written.
 *
 * @throws AppError PRECONDITION_FAILED for a room that is none of `ifVersion`; FORBIDDEN for a direct room, and to a moderator who changes the visibility; ROOM_ARCHIVED; StaleMembershipError
 */
export async function updateRoom(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { ifVersion, name, topic, visibility, replyControl }: UpdateRoomInput,
): Promise<RoomView> {
  const moves = visibility !== undefined && visibility !== room.visibility;
  ensureMay(
    room,
    { aspect: moves ? 'visibility' : null },
    {
      direct: 'A direct room has no name, topic or visibility to change.',
      aspect: { message: 'Only an owner changes who can find the room.', field: 'visibility' },
    },
  );
  return await changeRoom(deps, room, { ifVersion, name, topic, visibility, replyControl });
}
