import { randomUUID } from 'node:crypto';
import { appErrors, keyScopes } from '@parley/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestApi } from '../testing/test-api.js';
import { openApi } from './openapi.js';
import { requestsOf, type MadeRequest } from '../testing/rest-requests.js';

/** Requests in all, and how many are sent at once. */
const total = 5_000;
const atOnce = 50;

test(`${total} requests, valid and not, as the document describes them: none fails, and each that is refused says why`, async () => {
  const plenty = {
    LIMIT_SEND_PER_10_S: '100000',
    LIMIT_CHANGES_PER_10_S: '100000',
    LIMIT_ROOMS_PER_HOUR: '100000',
    LIMIT_SEARCH_PER_10_S: '100000',
  };
  await using world = await createTestApi({ ...plenty, LIMIT_AI_PER_MIN: '100000', LIMIT_FILES_PER_HOUR: '100000' });
  await world.register('root');
  const olga = await world.register('olga');
  const mia = await world.register('mia');
  const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
  await mia.http.rooms.join.mutate({ roomId });
  const sent = await olga.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask when is the tide in?' });
  const { character } = await olga.http.characters.create.mutate({
    handle: 'keeper',
    name: 'Keeper',
    systemPrompt: 'You keep the harbour.',
  });
  const { id: keyId, key } = await olga.http.keys.create.mutate({ name: 'script', scopes: [...keyScopes] });
  const callers = [olga.accessToken, olga.accessToken, mia.accessToken, key, 'made.up.token', undefined];
  const known = {
    roomId: [roomId],
    rooms: [roomId],
    messageId: [sent.message!.id, sent.replies[0]!.id],
    replyTo: [sent.message!.id],
    characterId: [character.id],
    keyId: [keyId],
    username: ['mia', 'olga', 'nobody'],
    session_id: ['mine', 'a\u0000b', 'x'.repeat(128)],
    character_id: ['keeper', character.id],
    emoji: ['👍', '🏳️‍🌈', 'x'],
    scopes: keyScopes,
  };
  const counts = { done: 0, refused: 0 };
  const sentTo = new Set<string>();

  const check = async ({ operationId, method, path, body, headers, caller }: MadeRequest): Promise<void> => {
    sentTo.add(operationId);
    // A sign-out that succeeds would end what the others are sent with.
    const token = operationId === 'auth.logout' ? undefined : callers[caller];
    const response = await fetch(`${world.api.url}${path}`, {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const said = `${operationId}: ${method} ${path} ${body ?? ''} → ${response.status} ${text.slice(0, 500)}`;
    if (response.status < 400) {
      counts.done++;
      return;
    }
    counts.refused++;
    expect(response.status, said).toBeLessThan(500);
    const problem = JSON.parse(text) as { status: number; code: keyof typeof appErrors; detail: string };
    expect(problem.status, said).toBe(response.status);
    expect(appErrors[problem.code].http, said).toBe(response.status);
    expect(problem.detail, said).toMatch(/^\S[^]*[.?]$/);
  };

  const document = openApi();
  await fc.assert(
    fc.asyncProperty(fc.array(requestsOf(document, known, callers.length), { minLength: atOnce, maxLength: atOnce }), async (requests) => {
      await Promise.all(requests.map(check));
    }),
    { numRuns: total / atOnce, endOnFailure: true },
  );
  expect(counts.done + counts.refused).toBe(total);
  // Of the document only streams are left out, which have no end.
  const all = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(all.filter((operationId) => !sentTo.has(operationId)).sort()).toEqual(['chat.events', 'inbox.events', 'rooms.events']);
  expect(counts.done).toBeGreaterThan(total / 20);
  expect(world.logged.filter((line) => line.includes('unexpected error'))).toEqual([]);
}, 600_000);
