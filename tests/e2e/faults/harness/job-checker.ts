import type { StepCall } from '@parley/core/jobs/reply-steps';
import type { AskedText } from './ai-record.js';
import type { Counted, JobChange } from './job-journal.js';

/** What the model server says that one call wrote, in tokens: a bit of its own for each call for a question, above all that is only estimated. */
export const tokensOfBit = (bit: number): number => estimatedTokens * 2 ** bit;

/** The tokens that a worker estimates itself, of a call that was cut, are fewer than this. */
const estimatedTokens = 1_000;
/** With more calls than these for one question, what they used is no number that is exact. */
const mostBits = 40;

/**
 * Looks in what was written down of jobs for broken promises: a step of tools that is lost or done anew, a use that is settled twice or not at
 * all, counters that do not add up to it, a model that was asked without what an attempt before had found. @returns the violations, in words
 */
export function checkJobs(changes: readonly JobChange[], counted: Counted, asked: readonly AskedText[]): string[] {
  const byJob = grouped(changes, ({ job }) => job);
  return [
    ...[...byJob.values()].flatMap((own) => [...steps(own), ...settled(own), ...asTold(own, asked)]),
    ...goesOn(byJob.values(), asked),
    ...addsUp(changes, counted),
  ];
}

const named = ({ job, kind, attempt }: JobChange) => `attempt ${attempt} of the ${kind} ${job}`;

/** From when it was asked for to its end, steps are only added: what is done stays as it was found. */
function* steps(changes: readonly JobChange[]): Generator<string> {
  let before: JobChange['steps'] = [];
  /** The attempts that began the calls which change something, by id. */
  const begun = new Map<string, number>();
  for (const change of changes) {
    const over = change.state === 'done';
    const { steps: now } = change;
    if (over && now.length > 0) yield `${named(change)} is over and keeps steps`;
    if (!over) {
      if (now.length < before.length) yield `${named(change)} lost a step`;
      for (const [at, { text, calls }] of before.slice(0, now.length).entries()) {
        if (now[at]!.text !== text) yield `${named(change)} has another text in step ${at}`;
        for (const call of calls) {
          const again = now[at]!.calls.find(({ callId }) => callId === call.callId);
          if (again?.id !== call.id) yield `${named(change)} repeats ${call.callId}`;
          else if (isOver(call) && JSON.stringify(again) !== JSON.stringify(call)) yield `${named(change)} did ${call.callId} twice`;
          else if (call.state === 'waiting' && !['waiting', 'running', 'denied', 'lapsed'].includes(again.state))
            yield `${named(change)} has ${call.callId} ${again.state}, which waited`;
          else if (call.state === 'running' && again.state !== 'running' && !call.repeatable)
            yield* endOf(again, begun.get(call.id)!, change);
        }
      }
    }
    if (over) begun.clear();
    else
      for (const call of now.flatMap(({ calls }) => calls))
        if (call.state === 'running' && !begun.has(call.id)) begun.set(call.id, change.attempt);
    before = over ? [] : now;
  }
}

const isOver = ({ state }: StepCall) => state !== 'running' && state !== 'waiting';

/** Whether a call that changes something was done is known to the attempt that made it, and to no other. */
function* endOf({ callId, state }: StepCall, begunBy: number, change: JobChange): Generator<string> {
  if (change.attempt === begunBy && state === 'unknown') yield `${named(change)} does not know what became of ${callId}, which it made`;
  if (change.attempt !== begunBy && state !== 'unknown') yield `${named(change)} has ${callId} ${state}, in which another attempt ended`;
}

/** What an attempt has counted before its calls is settled at its end, once; it stays where nobody knows what a worker that died has used. */
function* settled(changes: readonly JobChange[]): Generator<string> {
  for (const own of grouped(changes, ({ attempt }) => attempt).values()) {
    const counted = own.reduce((sum, change) => sum + change.counted, 0);
    const used = own.reduce((sum, change) => sum + change.settled.tokens, 0);
    const entries = own.reduce((sum, change) => sum + change.settled.calls, 0);
    const reserved = Math.max(...own.map((change) => change.reserved));
    const last = own.at(-1)!;
    if (entries > 1) yield `${named(last)} was settled ${entries} times`;
    // Whoever ended the job of a worker that was gone has settled nothing, nor did whoever took it over.
    const left = entries === 0 && counted === reserved && (last.state === 'streaming' || own.some(({ stopped }) => stopped));
    if (counted !== used && !left)
      yield `${named(last)} counted ${counted} tokens, ${reserved} of them before its calls, and settled ${used}`;
  }
}

/** No call to the model is counted in two attempts, and none that was not made. */
function* asTold(changes: readonly JobChange[], asked: readonly AskedText[]): Generator<string> {
  const question = changes.find((change) => change.question !== null)?.question;
  if (question == null) return;
  const calls = asked.filter((call) => call.question === question);
  if (calls.length > mostBits) return;
  const seen = new Set<number>();
  for (const change of changes) {
    let told = Math.floor(change.settled.outputTokens / estimatedTokens);
    for (let bit = 0; told > 0; bit++, told = Math.floor(told / 2)) {
      if (told % 2 === 0) continue;
      if (!calls.some((call) => call.bit === bit)) yield `${named(change)} settled a call that was never made`;
      if (seen.has(bit)) yield `${named(change)} settled a call that is settled already`;
      seen.add(bit);
    }
  }
}

/** The model is asked with all that was found before, and only with that. */
function* goesOn(jobs: Iterable<readonly JobChange[]>, asked: readonly AskedText[]): Generator<string> {
  const found = new Set<string>();
  for (const changes of jobs)
    for (const { steps: now } of changes) {
      const ids: string[] = [];
      for (const { calls } of now) {
        if (!calls.every(isOver)) break;
        ids.push(...calls.map(({ id }) => id));
        found.add(ids.join());
      }
    }
  for (const { question, results } of asked) {
    if (results.length > 0 && !found.has(results.join()))
      yield `the model was asked “${question}” with results that no attempt has kept: ${results.join()}`;
  }
}

/** What is counted for the instance is counted for people, rooms and characters, and is what attempts counted. */
function* addsUp(changes: readonly JobChange[], { instance, days, before, ...counted }: Counted): Generator<string> {
  const all = changes.reduce((sum, change) => sum + change.counted, 0);
  const used = changes.reduce((sum, change) => sum + change.settled.tokens, 0);
  if (all !== instance) yield `attempts counted ${all} tokens, and the instance ${instance}`;
  if (used !== days) yield `attempts settled ${used} tokens, and the days have ${days}`;
  for (const scope of ['room', 'character'] as const)
    if (counted[scope] !== instance) yield `each ${scope} together counted ${counted[scope]} tokens, and the instance ${instance}`;
  const people = counted.person + counted.summaries;
  if (people !== instance) yield `people and summaries counted ${people} tokens, and the instance ${instance}`;
  if (before !== counted.person) yield `processes of before would find ${before} tokens of people, and there are ${counted.person}`;
}

function grouped<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
