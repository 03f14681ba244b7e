import { setImmediate } from 'node:timers/promises';

/** Reading a text of so many UTF-16 units may take milliseconds: its Markdown once, its words once more. */
const longUnits = 4_096;

/** Call this before each reading of a text: others are served first if it may take long. */
export async function beforeReading(text: string): Promise<void> {
  if (text.length > longUnits) await setImmediate();
}
