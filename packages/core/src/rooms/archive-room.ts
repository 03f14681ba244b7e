import type { RoomView } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { changeRoom } from './change-room.js';

/**
 * Closes a room for messages and changes, or opens it again. Members can still read a closed room. Repeating the call changes nothing.
 *
 * @throws AppError FORBIDDEN for a direct room; StaleMembershipError
 */
export async function archiveRoom(deps: CoreDeps, room: AuthorizedRoom, archived: boolean): Promise<RoomView> {
  ensureMay(room, {}, { direct: 'A direct room cannot be archived. Mute it instead.' });
  return await changeRoom(deps, room, { archived });
}
