import { randomUUID } from 'node:crypto';
import { IdentityProvider } from '@parley/model-server/identity';
import { Prisma } from '@parley/db';
import { createTRPCClient, httpLink } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppRouter } from '../app-router.js';
import type { RunningApi } from '../start-api.js';
import { createTestApi, type TestApi } from '../testing/test-api.js';
import { TestBrowser } from '../testing/test-browser.js';

const scimToken = 'a-scim-token-of-the-company-0123456789';

describe('a person who is removed at the identity provider', () => {
  let provider: IdentityProvider;
  let world: TestApi;
  let second: RunningApi;
  let roomId: string;
  let n = 0;

  beforeAll(async () => {
    provider = await IdentityProvider.start();
    world = await createTestApi(provider.variables('COMPANY', { SCIM_TOKEN: scimToken }));
    provider.serve(world.api.url, 'company');
    second = await world.another();
    const owner = await world.register('owner');
    roomId = (await owner.http.rooms.create.mutate({ name: 'Workshop', visibility: 'public' })).id;
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  const scim = (method: string, path: string, body: object) =>
    fetch(`${second.url}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${scimToken}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify(body),
    });

  /** Signs somebody in and has them act in every way that there is, on both instances. */
  async function actingPerson() {
    n++;
    const sub = `subject-${n}`;
    const announced = (await (
      await scim('POST', '/Users', { userName: `eve${n}@example.com`, externalId: sub, displayName: `Eve ${n}` })
    ).json()) as { id: string };
    provider.person = { sub, name: `Eve ${n}` };
    const browser = new TestBrowser();
    await browser.follow(
      `${world.api.url}/api/auth/oidc/company/start`,
      (url) => url.origin === world.api.url && !url.pathname.startsWith('/api/'),
    );
    const refresh = (await (
      await browser.get(`${world.api.url}/trpc/auth.refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
    ).json()) as { result: { data: { accessToken: string } } };
    const { accessToken } = refresh.result.data;
    const http = world.as(accessToken);
    const me = await http.auth.me.query();
    await http.rooms.join.mutate({ roomId });
    const { key } = await http.keys.create.mutate({ name: 'A program', scopes: ['messages:write', 'messages:read', 'rooms:read'] });

    const clientAt = (url: string, proof: string) =>
      createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, headers: { authorization: `Bearer ${proof}` } })] });
    const socket = world.socket(accessToken);
    await socket.trpc.auth.me.query();
    const streams = [];
    for (const [url, proof] of [
      [second.url, key],
      [world.api.url, accessToken],
    ] as const) {
      const response = await fetch(`${url}/api/rooms/${roomId}/events`, {
        headers: { authorization: `Bearer ${proof}`, accept: 'text/event-stream' },
      });
      expect(response.status).toBe(200);
      streams.push(response.text());
    }
    const writers = [
      clientAt(world.api.url, accessToken),
      clientAt(second.url, accessToken),
      clientAt(world.api.url, key),
      clientAt(second.url, key),
    ];
    const send = (writer: (typeof writers)[number]) =>
      writer.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Still here' });
    const said = async () => {
      const [row] = await world.database.db.$queryRaw<{ count: number }[]>(Prisma.sql`
        select count(*)::int as count from messages m where m.author_id = ${me.id}::uuid`);
      return row!.count;
    };
    return { announced, sub, me, browser, socket, streams, writers, send, said };
  }

  /** Has all of a person's programs send until each was refused, while `remove` is under way. */
  async function removedBy(person: Awaited<ReturnType<typeof actingPerson>>, remove: () => Promise<unknown>) {
    const refusals = person.writers.map(async (writer) => {
      for (;;) {
        try {
          await person.send(writer);
        } catch (error) {
          return (error as { data?: { appCode?: string } }).data?.appCode;
        }
      }
    });
    await expect.poll(() => person.said()).toBeGreaterThan(4);
    await remove();
    const atMost = await person.said();
    const codes = await Promise.all(refusals);
    expect((await person.socket.closed)?.code).toBe(4500);
    await Promise.all(person.streams);
    // Whatever was tried since the provider was answered: nothing of it was written.
    for (const writer of person.writers) await expect(person.send(writer)).rejects.toThrow();
    expect(await person.said()).toBe(atMost);
    return codes;
  }

  test('has lost every socket, stream, key and write on every instance, once its SCIM is answered', async () => {
    const person = await actingPerson();
    const codes = await removedBy(person, async () => {
      const answered = await scim('PATCH', `/Users/${person.announced.id}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      });
      expect(answered.status).toBe(200);
    });
    for (const code of codes) expect(code).toMatch(/^(?:ACCOUNT_DISABLED|SESSION_REVOKED)$/);
    const back = await person.browser.follow(
      `${world.api.url}/api/auth/oidc/company/start`,
      (url) => url.origin === world.api.url && !url.pathname.startsWith('/api/'),
    );
    expect(back.hash).toBe('#door=disabled');
  });

  test('and so has one who signs out there, by the provider’s own call', async () => {
    const person = await actingPerson();
    const token = await provider.logoutToken({ sub: person.sub });
    await removedBy(person, async () => {
      const answered = await fetch(`${second.url}/api/auth/oidc/company/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      });
      expect(answered.status).toBe(200);
    });
    // The account is as open as before.
    const back = await person.browser.follow(
      `${world.api.url}/api/auth/oidc/company/start`,
      (url) => url.origin === world.api.url && !url.pathname.startsWith('/api/'),
    );
    expect(back.hash).toBe('');
  });

  test('a logout token that the provider did not make for this server ends nothing', async () => {
    const person = await actingPerson();
    const logout = (token: string) =>
      fetch(`${world.api.url}/api/auth/oidc/company/backchannel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      });
    const { sub } = person;
    await using stranger = await IdentityProvider.start();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const unsigned = `${part({ alg: 'none', typ: 'logout+jwt' })}.${part({
      iss: provider.issuer,
      aud: provider.clientId,
      sub,
      iat: now,
      jti: randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })}.`;
    const bad = [
      unsigned,
      'nonsense',
      await stranger.logoutToken({ sub, iss: provider.issuer }),
      await provider.logoutToken({ sub, iss: 'https://evil.example' }),
      await provider.logoutToken({ sub, aud: 'another client' }),
      await provider.logoutToken({ sub, iat: now - 3_600, exp: now + 60 }),
      await provider.logoutToken({ sub, exp: now - 600 }),
      await provider.logoutToken({ sub, nonce: 'as an ID token has' }),
      await provider.logoutToken({ sub, events: {} }),
      await provider.logoutToken({}),
    ];
    for (const token of bad) expect((await logout(token)).status).toBe(400);
    expect(await person.writers[0]!.auth.me.query()).toMatchObject({ id: person.me.id });
    // One that comes again ends nothing more: a sign-in since then stands.
    const token = await provider.logoutToken({ sub });
    expect((await logout(token)).status).toBe(200);
    await expect(person.writers[0]!.auth.me.query()).rejects.toThrow();
    provider.person = { sub };
    await person.browser.follow(
      `${world.api.url}/api/auth/oidc/company/start`,
      (url) => url.origin === world.api.url && !url.pathname.startsWith('/api/'),
    );
    expect((await logout(token)).status).toBe(400);
    const again = await person.browser.get(`${world.api.url}/trpc/auth.refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(again.status).toBe(200);
  });
});
