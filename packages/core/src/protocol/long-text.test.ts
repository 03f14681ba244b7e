import type { Steps } from '@parley/contracts';
import { expect, test } from 'vitest';
import { readInTurns } from './long-text.js';

test('others are served before a long text is read and between its steps, and a short one waits for nobody', async () => {
  const order: string[] = [];
  const others = (async () => {
    for (let turn = 1; turn <= 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`others ${turn}`);
    }
  })();
  function* read(text: string): Steps<string> {
    for (let step = 1; step <= 2; step++) {
      order.push(`${text.slice(0, 5)} ${step}`);
      yield 2_000;
    }
    return text;
  }
  await readInTurns('short', read);
  await readInTurns('long'.padEnd(5_000), read);
  await others;
  expect(order).toEqual(['short 1', 'short 2', 'others 1', 'long  1', 'others 2', 'long  2', 'others 3']);
});
