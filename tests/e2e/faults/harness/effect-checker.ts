import type { StepCall } from '@parley/core/jobs/reply-steps';
import { bookingIn, type AiRecord } from './ai-record.js';
import type { JobChange } from './job-journal.js';

/** Why an answer to a call may be refused: it was ended meanwhile, or something else was said first. */
const refusals = ['CALL_NOT_WAITING', 'CONFLICT'];

/**
 * Looks in a whole run for broken promises about tools that change something: an effect that is there twice, that nobody allowed or somebody
 * denied, or that is not as the answer's calls say. @returns the violations, in words
 */
export function checkEffects(record: AiRecord, changes: readonly JobChange[]): string[] {
  const effects = new Map<string, number[]>();
  for (const { booking, at } of record.booked) effects.set(booking, [...(effects.get(booking) ?? []), at]);
  return [
    ...[...effects].flatMap(([booking, moments]) => [...once(booking, moments), ...allowed(record, booking, Math.min(...moments))]),
    ...asShown(changes, effects),
    ...taken(record),
  ];
}

function* once(booking: string, moments: readonly number[]): Generator<string> {
  if (moments.length > 1) yield `${booking} was done ${moments.length} times`;
}

/** Whoever asked said yes to this call, or to all, before; and not no. */
function* allowed({ wanted, askers, answered, forbidden }: AiRecord, booking: string, at: number): Generator<string> {
  const wish = wanted.get(booking);
  const asker = askers.get(wish?.question ?? '');
  if (!wish || !asker) return yield `${booking} was done, and no model wanted it for a question that somebody asked`;
  const own = answered.filter((said) => said.by === asker.by && said.roomId === asker.roomId && said.begunAt < at);
  if (own.some((said) => said.booking === booking && said.answer === 'deny' && said.endedAt < Infinity))
    yield `${booking} was denied, and was done`;
  const yes = own.some((said) => said.booking === booking && said.answer !== 'deny');
  // What was taken back before the model wanted anything allows nothing of it.
  const takenBack = forbidden.filter(({ by, roomId, endedAt }) => by === asker.by && roomId === asker.roomId && endedAt < wish.at);
  const always = own.some((said) => said.answer === 'always' && !takenBack.some(({ begunAt }) => said.endedAt < begunAt));
  if (!yes && !always) yield `${booking} was done, and nobody allowed it`;
}

/** A call is kept before it is made; one that is done had its effect, and one that was never begun had none. */
function* asShown(changes: readonly JobChange[], effects: ReadonlyMap<string, readonly number[]>): Generator<string> {
  const last = new Map<string, StepCall['state']>();
  const begun = new Set<string>();
  for (const { steps } of changes)
    for (const { args, repeatable, state } of steps.flatMap(({ calls }) => calls)) {
      if (repeatable) continue;
      const booking = bookingIn(args);
      last.set(booking, state);
      if (state === 'running') begun.add(booking);
    }
  for (const [booking, state] of last) if (state === 'done' && !effects.has(booking)) yield `${booking} is shown as done, and was not`;
  for (const booking of effects.keys()) if (!begun.has(booking)) yield `${booking} was done, and no attempt has kept that it began`;
}

/** Nothing that somebody says is refused without a reason. */
function* taken({ answered }: AiRecord): Generator<string> {
  for (const { booking, answer, refused } of answered)
    if (refused !== null && !refusals.includes(refused)) yield `“${answer}” to ${booking} was refused: ${refused}`;
}
