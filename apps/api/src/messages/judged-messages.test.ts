import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi, type TestUser } from '../testing/test-api.js';

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

describe('what a moderation webhook says of messages', () => {
  let world: TestApi;
  let owner: TestUser;
  let guest: TestUser;
  let endpoint: Server;
  let roomId: string;
  let checked: string[];

  beforeAll(async () => {
    checked = [];
    endpoint = createServer((request, response) => {
      void readText(request).then((body) => {
        const { data } = new Webhook(secret).verify(body, request.headers as Record<string, string>) as { data: { content: string } };
        checked.push(data.content);
        if (data.content.includes('walrus')) response.end('{"verdict":"hide"}');
        else if (data.content.includes('spam')) response.end('{"verdict":"refuse","message":"No spam, please."}');
        else response.end('{"verdict":"allow"}');
      });
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    world = await createTestApi({ WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' });
    [owner, guest] = [await world.register('olga'), await world.register('gus')];
    ({ id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' }));
    await guest.http.rooms.join.mutate({ roomId });
    // Before anything is decided, so that no text goes unsigned or by without a verdict.
    await owner.http.settings.set.mutate({ name: 'moderationSecret', value: secret });
    await owner.http.settings.set.mutate({ name: 'moderationAway', value: 'refuse' });
    const { port } = endpoint.address() as AddressInfo;
    await owner.http.settings.set.mutate({ name: 'moderationUrl', value: `http://127.0.0.1:${port}/check` });
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    endpoint.closeAllConnections();
    await new Promise((resolve) => endpoint.close(resolve));
  });

  /** The answer of a call that a verdict decides: on a slow machine half a second may not do, and then whoever writes tries again. */
  async function decided<T>(call: () => Promise<T>): Promise<T | string> {
    let outcome: T | string = '';
    const tries = async () => {
      outcome = await call().catch((error: Error & { data?: { appCode?: string } }) => `${error.data?.appCode ?? 'no'}: ${error.message}`);
      return typeof outcome === 'string' && outcome.startsWith('UNAVAILABLE');
    };
    await expect.poll(tries, { timeout: 60_000 }).toBe(false);
    return outcome;
  }

  test('holds for a person, an edit and a program’s hook alike', async () => {
    const clientId = randomUUID();
    const send = (content: string, id = randomUUID()) => decided(() => guest.http.messages.send.mutate({ roomId, clientId: id, content }));
    const allowed = (await send('a seal', clientId)) as { message: { id: string } };
    expect(allowed).toMatchObject({ message: { content: 'a seal' } });
    expect(await send('spam')).toBe('MESSAGE_REFUSED: No spam, please.');
    expect(await send('a walrus')).toMatchObject({ message: { content: '', hidden: true } });
    const times = checked.length;
    expect(await send('a seal', clientId)).toEqual(allowed);
    expect(checked).toHaveLength(times);
    const edit = (content: string) => decided(() => guest.http.messages.edit.mutate({ messageId: allowed.message.id, content }));
    expect(await edit('more spam')).toBe('MESSAGE_REFUSED: No spam, please.');
    expect(await edit('a small walrus')).toMatchObject({ content: '', hidden: true });

    const hook = await owner.http.hooks.create.mutate({ roomId, name: 'Builds' });
    const post = async (content: string) => {
      const response = await fetch(`${world.api.url}${hook.url}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content }),
      });
      const body = (await response.json()) as { code?: string; messageId?: string };
      return body.code === 'UNAVAILABLE'
        ? Promise.reject(Object.assign(new Error('away'), { data: { appCode: 'UNAVAILABLE' } }))
        : { status: response.status, ...body };
    };
    expect(await decided(() => post('spam of a program'))).toMatchObject({ status: 422, code: 'MESSAGE_REFUSED' });
    expect(await decided(() => post('a walrus of a program'))).toMatchObject({ status: 201 });
    const { items } = await guest.http.messages.list.query({ roomId });
    expect(items.filter(({ kind }) => kind === 'text').map(({ content, hidden }) => [content, hidden])).toEqual([
      ['', true],
      ['', true],
      ['', true],
    ]);
    expect(new Set(checked)).toEqual(
      new Set(['a seal', 'spam', 'a walrus', 'more spam', 'a small walrus', 'spam of a program', 'a walrus of a program']),
    );
  });

  test('is asked no more once the address is taken away', async () => {
    await owner.http.settings.set.mutate({ name: 'moderationUrl', value: null });
    const times = checked.length;
    expect(await guest.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'spam' })).toMatchObject({
      message: { content: 'spam' },
    });
    expect(checked).toHaveLength(times);
  });
});
