import type { InboxEvent, Mine, RoomView } from '@parley/contracts';
import { publishToUser } from './publish-to-user.js';
import type { CoreDeps } from '../deps.js';

/**
 * Tells one person's connections that a room entered their list, changed, or left it (`mine: null`), and tells every instance that
 * serves the person that the membership it remembers is old. Never throws. What the bus loses is found when inboxes are compared with
 * the database.
 */
export function publishMembership(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, room: RoomView, mine: Mine | null): void {
  publishToUser(deps, userId, { type: 'membership', roomId: room.id });
  publishInbox(deps, userId, { type: 'room', room, mine });
}

/** Tells the person who caused a line that they have read everything up to it: {@link actorCaughtUp} has moved their read position. */
export function publishCaughtUp(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, roomId: string, seq: number): void {
  publishInbox(deps, userId, { type: 'counters', roomId, lastSeq: seq, lastReadSeq: seq, unread: 0, mentions: 0 });
}

export function publishInbox(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, event: InboxEvent): void {
  publishToUser(deps, userId, { type: 'inbox', event });
}
