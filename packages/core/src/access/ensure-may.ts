import { AppError, decide, type Decision, type Facts, type Refusal, type RefusalReason } from '@parley/contracts';
import { refusalBy, type AuthorizedRoom } from './authorized-room.js';

/** The {@link Facts} that the caller must add, because the room does not say them. */
export type CallFacts = Pick<Facts, 'own' | 'aspect'>;

/** Sentences for refusals that the operation can explain better than {@link refusalError} does. */
export type RefusalSentences = Partial<Record<RefusalReason, string | { message: string; field: string }>>;

/**
 * Checks what `RoomAccess` does not check before a call begins. A use case calls this before it writes if its row in the table of
 * operations refuses direct or archived rooms, or asks whose the thing is.
 *
 * @throws AppError FORBIDDEN, ROOM_ARCHIVED; StaleMembershipError if `room` may be old
 */
export function ensureMay(room: AuthorizedRoom, call: CallFacts = {}, says: RefusalSentences = {}): void {
  const decision = decideIn(room, call);
  if (decision.kind === 'refused') throw refusalBy(room, refusalError(decision, says));
}

/** The decision of {@link ensureMay} without the error, for a statement whose locked rows have the last word. */
export function decideIn(room: AuthorizedRoom, call: CallFacts): Decision {
  return decide(room.operation, { instanceRole: room.actor.role, room, ...call });
}

/** Makes an error of a refusal, with the sentence of `says` if there is one for the reason. */
export function refusalError({ code, reason }: Refusal, says: RefusalSentences = {}): AppError {
  const said = says[reason] ?? sentences[reason];
  return typeof said === 'object' ? new AppError(code, said.message, { field: said.field }) : new AppError(code, said);
}

/** Sentences for reasons that the error's own sentence explains too little. */
const sentences: RefusalSentences = {
  notAdmin: 'Only an admin of this server can do that.',
  notInvited: 'No invitation to this room waits for you.',
  notJoined: 'Join the room first.',
};
