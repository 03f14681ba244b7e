import type { EphemeralEvent } from '@parley/contracts';
import { expect, test } from 'vitest';
import { EphemeralIds } from './out-event.js';

const delta = (text: string): EphemeralEvent => ({ type: 'delta', messageId: 'm', attempt: 1, offset: 0, text });

test('ephemeral ids carry the position, and never come twice', () => {
  const ids = new EphemeralIds('boot');
  expect([ids.out(3, delta('a')).id, ids.out(3, delta('a')).id, ids.out(9, delta('a')).id]).toEqual(['3:boot:0', '3:boot:1', '9:boot:2']);
});
