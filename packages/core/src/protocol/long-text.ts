import { setImmediate } from 'node:timers/promises';
import { finish, type Steps } from '@parley/contracts';
import { inSlices } from './in-slices.js';

/** Reading a text of so many UTF-16 units may take milliseconds. */
const longUnits = 4_096;

/** Reads a text of people. Others are served before a long one is read, and between its steps. */
export async function readInTurns<T>(text: string, read: (text: string) => Steps<T>): Promise<T> {
  if (text.length <= longUnits) return finish(read(text));
  await setImmediate();
  return await inSlices(read(text));
}
