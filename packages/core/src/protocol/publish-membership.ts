import type { InboxEvent, Mine, RoomView } from '@parley/contracts';
import { publishToUser } from './publish-to-user.js';
import type { CoreDeps } from '../deps.js';

type PublishDeps = Pick<CoreDeps, 'bus' | 'log'>;

/**
 * Tells one person's connections that a room entered their list, changed, or left it (`mine: null`), and every instance that
 * what it remembers of this membership is old. Never throws; what is lost, inboxes notice when they are compared with the database.
 */
export function publishMembership(deps: PublishDeps, userId: string, room: RoomView, mine: Mine | null): void {
  publishToUser(deps, userId, { type: 'membership', roomId: room.id });
  publishInbox(deps, userId, { type: 'room', room, mine });
}

/** A line of one's own making was read with the rest: {@link actorCaughtUp} moved the position, and the counters follow. */
export function publishCaughtUp(deps: PublishDeps, userId: string, roomId: string, seq: number): void {
  publishInbox(deps, userId, { type: 'counters', roomId, lastSeq: seq, lastReadSeq: seq, unread: 0, mentions: 0 });
}

export function publishInbox(deps: PublishDeps, userId: string, event: InboxEvent): void {
  publishToUser(deps, userId, { type: 'inbox', event });
}
