import { expect, test } from 'vitest';
import { beforeReading } from './long-text.js';

test('others are served before a long text is read, and a short one waits for nobody', async () => {
  const order: string[] = [];
  const other = new Promise<void>((resolve) => {
    setImmediate(() => {
      order.push('other');
      resolve();
    });
  });
  await beforeReading('short');
  order.push('short');
  await beforeReading('x'.repeat(5_000));
  order.push('long');
  await other;
  expect(order).toEqual(['short', 'other', 'long']);
});
