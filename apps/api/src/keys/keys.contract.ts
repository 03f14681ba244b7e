import { randomUUID } from 'node:crypto';
import { closeCodes, type InboxEvent, type MadeKey } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { describe, expect, test } from 'vitest';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import { rawCall } from '../testing/raw-call.js';
import { sharedApi } from '../testing/shared-api.js';

export function keysApiSuite(kind: 'pglite' | 'postgres'): void {
  describe(`keys over HTTP and sockets on ${kind}`, () => {
    const world = sharedApi(kind, { SESSION_SWEEP_MS: '200' });
    const me = (key: string) => rawCall(world().api.url, 'query', 'auth.me', { accessToken: key });

    test('a key stands where an access token does, by HTTP and over a socket, and is shown once', async () => {
      const ann = await world().register('ann');
      const made: MadeKey = await ann.http.keys.create.mutate({ name: 'script', scopes: ['users:read', 'rooms:read', 'rooms:read'] });
      expect(made).toMatchObject({ name: 'script', scopes: ['users:read', 'rooms:read'], rooms: null, expiresAt: null });
      expect((await me(made.key)).data).toMatchObject({ username: 'ann' });
      expect(await world().socket(made.key).trpc.auth.me.query()).toMatchObject({ username: 'ann' });
      const listed = await ann.http.keys.list.query();
      expect(listed.map(({ id, name }) => [id, name])).toEqual([[made.id, 'script']]);
      expect(JSON.stringify(listed)).not.toContain(made.key);
      // What it may not, it is told by the scope that it lacks.
      await expect(world().as(made.key).rooms.create.mutate({ name: 'Mine' })).rejects.toThrow('This key has no scope rooms:write.');
      await expect(world().as(made.key).keys.list.query()).rejects.toThrow('No key can do that. Sign in with the password.');
    });

    test('where nobody has to be signed in a key says nothing, good or not: what is sent is what counts', async () => {
      const ann = await world().register('una');
      const { id, key } = await ann.http.keys.create.mutate({ name: 'script', scopes: ['users:read'] });
      const post = async (path: string, body: object) => {
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        const response = await fetch(`${world().api.url}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        return { status: response.status, answer: (await response.json()) as { user?: { username: string }; valid?: boolean } };
      };
      const { username } = ann;
      const password = `password of ${username}`;
      for (const round of ['good', 'revoked'] as const) {
        const made = await post('register', { username: `ursula-${round}`, password: 'a good password' });
        expect(made).toMatchObject({ status: 201, answer: { user: { username: `ursula-${round}` } } });
        expect(await post('login', { username, password })).toMatchObject({ status: 200, answer: { user: { username } } });
        expect((await post('login', { username, password: 'not the password' })).status).toBe(401);
        expect((await post('validate', { token: key })).answer.valid).toBe(round === 'good');
        await ann.http.keys.revoke.mutate({ keyId: id });
      }
    });

    test('a revoked key ends its sockets and streams, and is known nowhere any more; others of the person go on', async () => {
      const bea = await world().register('bea');
      const scopes = ['users:read', 'messages:read'] as const;
      const [first, second] = [
        await bea.http.keys.create.mutate({ name: 'one', scopes: [...scopes] }),
        await bea.http.keys.create.mutate({ name: 'two', scopes: [...scopes] }),
      ];
      const socket = world().socket(first.key);
      const heard = new Collected<unknown>();
      socket.trpc.inbox.events.subscribe({}, { onData: (event) => heard.push(event) });
      await heard.until((events) => events.length > 0);
      const other = world().socket(second.key);
      await other.trpc.auth.me.query();
      await bea.http.keys.revoke.mutate({ keyId: first.id });
      expect((await socket.closed)?.code).toBe(closeCodes.SESSION_ENDED);
      expect((await me(first.key)).error?.data).toMatchObject({ appCode: 'SESSION_REVOKED' });
      expect(await other.trpc.auth.me.query()).toMatchObject({ username: 'bea' });
      expect((await me(second.key)).status).toBe(200);
      await bea.http.keys.revoke.mutate({ keyId: first.id });
    });

    test('a key for some rooms is told nothing of a catch-up, which is of all rooms, also where it is asked for in one of them', async () => {
      const fay = await world().register('fay');
      const { id: roomId } = await fay.http.rooms.create.mutate({ name: 'Of the key' });
      const { key } = await fay.http.keys.create.mutate({ name: 'narrow', scopes: ['messages:read'], rooms: [roomId] });
      const say = (content: string) => fay.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
      const answered = async (content: string) => (await say(content)).privateReply!.id;
      const before = await answered('/catchup');
      const heard = new Collected<InboxEvent>();
      world()
        .socket(key)
        .trpc.inbox.events.subscribe({}, { onData: (event) => heard.push(event) });
      await heard.until((events) => events.length > 0);
      const after = await answered('/catchup');
      const help = await answered('/help');
      await heard.until((events) => JSON.stringify(events).includes(help));
      expect(JSON.stringify(heard.items)).not.toMatch(new RegExp(`${before}|${after}`));
    });

    test('a key whose time is over ends its sockets and streams, those opened by its tickets too', async () => {
      const cay = await world().register('cay');
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const { id, key } = await cay.http.keys.create.mutate({ name: 'short', scopes: ['users:read', 'messages:read'], expiresAt });
      const socket = world().socket(key);
      await socket.trpc.auth.me.query();
      const { path } = await world().as(key).streamTickets.create.mutate();
      const stream = await fetch(`${world().api.url}${path}`);
      await world().database.db.$executeRaw(Prisma.sql`update sessions set expires_at = now() where id = ${id}::uuid`);
      expect((await socket.closed)?.code).toBe(closeCodes.SESSION_ENDED);
      expect(await stream.text()).toContain('SESSION_REVOKED');
      await expect.poll(async () => (await me(key)).error?.data.appCode).toBe('SESSION_REVOKED');
    });

    test('what is no key is refused with a sentence, and does not lock out whoever has the right one', async () => {
      const dot = await world().register('dot');
      const { key } = await dot.http.keys.create.mutate({ name: 'script', scopes: ['users:read'] });
      const { key: another } = await dot.http.keys.create.mutate({ name: 'other', scopes: ['users:read'] });
      expect((await me(key)).status).toBe(200);
      for (const wrong of [key.slice(0, -1), `${key}a`, 'parley_', key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))])
        expect((await me(wrong)).error).toMatchObject({
          message: 'This is no key. Check that it was copied whole.',
          data: { appCode: 'UNAUTHENTICATED' },
        });
      expect((await me(another)).status).toBe(200);
      expect((await me(key)).status).toBe(200);
    });

    test('an input that makes no key names the field', async () => {
      const eve = await world().register('eve');
      const create = (input: object) =>
        rawCall(world().api.url, 'mutation', 'keys.create', {
          input: { name: 'n', scopes: ['rooms:read'], ...input },
          accessToken: eve.accessToken,
        });
      const wrong: [object, string][] = [
        [{ name: '' }, 'name'],
        [{ name: 'a‮b' }, 'name'],
        [{ scopes: [] }, 'scopes'],
        [{ scopes: ['account'] }, 'scopes.0'],
        [{ rooms: [] }, 'rooms'],
        [{ rooms: ['lobby'] }, 'rooms.0'],
        [{ expiresAt: 'tomorrow' }, 'expiresAt'],
        [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
      ];
      for (const [input, field] of wrong)
        expect([input, (await create(input)).error?.data]).toMatchObject([input, { appCode: 'VALIDATION', field }]);
      expect(await eve.http.keys.list.query()).toEqual([]);
    });
  });
}
