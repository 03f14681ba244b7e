import { AppError, decide, type Decision, type Facts, type Refusal, type RefusalReason } from '@parley/contracts';
import { refusalBy, type AuthorizedRoom } from './authorized-room.js';

/** What of the {@link Facts} the room does not say. */
export type CallFacts = Pick<Facts, 'own' | 'aspect'>;

/** Sentences for refusals that the operation can explain better than {@link refusalError} does. */
export type RefusalSentences = Partial<Record<RefusalReason, string | { message: string; field: string }>>;

/**
 * Holds the rest of the table of operations against a call that `RoomAccess` let begin: every use case whose row refuses one-to-one or
 * archived rooms, or asks whose the thing is, calls it before it writes.
 *
 * @throws AppError FORBIDDEN, ROOM_ARCHIVED; StaleMembershipError if `room` may be old
 */
export function ensureMay(room: AuthorizedRoom, call: CallFacts = {}, says: RefusalSentences = {}): void {
  const decision = decideIn(room, call);
  if (decision.kind === 'refused') throw refusalBy(room, refusalError(decision, says));
}

/** What {@link ensureMay} goes by, for a statement whose locked rows have the last word. */
export function decideIn(room: AuthorizedRoom, call: CallFacts): Decision {
  return decide(room.operation, { instanceRole: room.actor.role, room, ...call });
}

/** A refusal as an error, in the words of `says` where it has any. */
export function refusalError({ code, reason }: Refusal, says: RefusalSentences = {}): AppError {
  const said = says[reason] ?? sentences[reason];
  return typeof said === 'object' ? new AppError(code, said.message, { field: said.field }) : new AppError(code, said);
}

/** Where the error's own sentence says too little. */
const sentences: RefusalSentences = {
  notAdmin: 'Only an admin of this server can do that.',
  notJoined: 'Join the room first.',
};
