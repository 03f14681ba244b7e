import type { ReplyControl, RoomView } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { refuseOutside, type RetentionBounds } from './retention.js';
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
  /** For how many days messages are kept; null: for as long as the server does. Only an owner may change this. */
  retentionDays?: number | null | undefined;
  /** Providers whose models may answer here; null: all that the server has. Only an owner may change this. */
  aiProviders?: readonly string[] | null | undefined;
}

/**
 * Changes a room's name, topic, visibility, who has a say over its replies, whose models may answer or how long its messages are kept, and says so in the room. Fields left out stay as they are. If the room is already as
 * wanted, nothing is written.
 *
 * @throws AppError PRECONDITION_FAILED for a room that is none of `ifVersion`; FORBIDDEN for a direct room, and to a moderator who changes the visibility, whose models may answer or how long messages are kept; VALIDATION for days that the instance does not allow; ROOM_ARCHIVED; StaleMembershipError
 */
export async function updateRoom(
  deps: CoreDeps & { retention?: RetentionBounds },
  room: AuthorizedRoom,
  { ifVersion, name, topic, visibility, replyControl, retentionDays, aiProviders }: UpdateRoomInput,
): Promise<RoomView> {
  const moves = visibility !== undefined && visibility !== room.visibility;
  const keeps = retentionDays !== undefined;
  const limits = aiProviders !== undefined;
  ensureMay(
    room,
    { aspect: moves || limits ? 'visibility' : keeps ? 'retention' : null },
    {
      direct: 'A direct room has no name, topic or visibility to change.',
      aspect: moves
        ? { message: 'Only an owner changes who can find the room.', field: 'visibility' }
        : limits
          ? { message: 'Only an owner changes whose models may answer.', field: 'aiProviders' }
          : { message: 'Only an owner changes how long messages are kept.', field: 'retentionDays' },
    },
  );
  if (keeps && deps.retention) refuseOutside(deps.retention, retentionDays);
  return await changeRoom(deps, room, { ifVersion, name, topic, visibility, replyControl, retentionDays, aiProviders });
}
