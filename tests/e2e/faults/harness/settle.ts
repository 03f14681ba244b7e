import { patienceMs } from '../../harness/patience.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { DbHandle } from '@parley/db';
import type { ParleyClient } from '@parley/client/trpc';
import { checkHistory, type CheckOptions } from './checker.js';
import type { History, RoomTruth } from './history.js';
import type { EventReader, Reader } from './reader.js';
import { readTruth } from './truth.js';

export interface SettleOptions extends CheckOptions {
  database: DbHandle;
  /** The client of a member of the room, on an API that works. */
  trpc: ParleyClient['trpc'];
  history: History;
  roomId: string;
  /** The readers that must have everything in the end. */
  readers: Reader[];
  /** @default 60000 */
  timeoutMs?: number;
}

/**
 * Waits until every reply has ended and every reader has what a fresh fetch gives, then checks the history.
 *
 * @throws with the violations, or with what had not settled in time
 */
export async function settleAndCheck(options: SettleOptions): Promise<RoomTruth> {
  const { database, trpc, history, roomId, readers, timeoutMs = patienceMs } = options;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const truth = await readTruth(database, trpc, roomId);
    const late = whatIsOpen(truth) ?? (await whoIsLate(readers, truth));
    if (late === null || Date.now() > deadline) {
      for (const reader of readers) if ('record' in reader) await noteFinal(reader as EventReader);
      const violations = checkHistory(history, [truth], options);
      if (late !== null) violations.unshift(`not settled after ${timeoutMs} ms: ${late}`);
      if (violations.length > 0) throw new Error(`${violations.length} violations:\n${violations.slice(0, 20).join('\n').slice(0, 8_000)}`);
      return truth;
    }
    await delay(100);
  }
}

function whatIsOpen({ openJobs, lastSeq, fresh }: RoomTruth): string | null {
  if (openJobs.length > 0) return `${openJobs.length} replies are in progress`;
  return fresh.messages.at(-1)?.seq === lastSeq || lastSeq === 0 ? null : 'messages are still being sent';
}

async function noteFinal({ record, picture }: EventReader): Promise<void> {
  record.final = await picture();
}

async function whoIsLate(readers: readonly Reader[], truth: RoomTruth): Promise<string | null> {
  for (const reader of readers) {
    const difference = await reader.difference(truth);
    if (difference) return `${reader.name}: ${difference}`;
  }
  return null;
}

/** Resolves once `test` holds, looking forty times a second; rejects after `timeoutMs`. */
export async function until(what: string, test: () => boolean | Promise<boolean>, timeoutMs = patienceMs): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await delay(25);
  }
}
