import { messagesSendInput } from '@parley/contracts';
import { expect, test } from 'vitest';
import { newClientId } from './new-client-id.js';

test('a new id is a UUID as the server takes it, and another each time', () => {
  const ids = Array.from({ length: 200 }, newClientId);
  expect(new Set(ids).size).toBe(200);
  for (const id of ids) {
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(messagesSendInput.shape.clientId.safeParse(id).success).toBe(true);
  }
});
