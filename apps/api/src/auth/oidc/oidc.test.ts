import { Prisma } from '@parley/db';
import { IdentityProvider, type Person } from '@parley/model-server/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../testing/test-api.js';
import { TestBrowser } from '../../testing/test-browser.js';

const id = 'company';

describe('signing in by a provider of identities', () => {
  let provider: IdentityProvider;
  let world: TestApi;
  let n = 0;
  let ann: Person;

  beforeAll(async () => {
    provider = await IdentityProvider.start();
    world = await createTestApi(provider.variables('COMPANY', { ADMIN_GROUPS: 'admins' }), 'pglite', { logLevel: 'info' });
    provider.serve(world.api.url, id);
    await world.register('first');
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    n++;
    ann = {
      sub: `subject-${n}`,
      name: `Ann Example ${n}`,
      preferred_username: `ann${n}`,
      email: `ann${n}@example.com`,
      email_verified: true,
      groups: [],
    };
    provider.person = ann;
    provider.away = false;
  });

  const start = (query = '') => `${world.api.url}/api/auth/oidc/${id}/start${query}`;
  const isPage = (url: URL) => url.origin === world.api.url && !url.pathname.startsWith('/api/');
  const isCallback = (url: URL) => url.pathname.endsWith('/callback');
  const tokenOf = async (browser: TestBrowser) => {
    const response = await browser.get(`${world.api.url}/trpc/auth.refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    return ((await response.json()) as { result: { data: { accessToken: string } } }).result.data.accessToken;
  };
  const signIn = async (person: Person = ann, browser = new TestBrowser(), query = '') => {
    provider.person = person;
    const at = await browser.follow(start(query), isPage);
    expect(at.hash).toBe('');
    const token = await tokenOf(browser);
    return { at, browser, token, http: world.as(token), me: await world.as(token).auth.me.query() };
  };

  test('a first sign-in makes an account with the name and a handle of the provider; the next one finds it', async () => {
    const first = await signIn(ann, new TestBrowser(), '?next=/settings');
    expect(first.at.pathname).toBe('/settings');
    expect(first.me).toMatchObject({ username: `ann${n}`, displayName: `Ann Example ${n}`, role: 'user' });
    expect((await first.http.rooms.list.query()).map(({ room }) => room.name)).toEqual(['Lobby']);
    const second = await signIn({ ...ann, preferred_username: 'somebody-else' });
    expect(second.me).toEqual(first.me);
  });

  test('a handle that is taken, reserved or empty gives way to one that is free and misleads nobody; two people may have one name', async () => {
    const taken = await signIn({ ...ann, sub: `${ann.sub}-b`, preferred_username: 'first', name: 'First Example' });
    expect(taken.me.username).toMatch(/^first\d$/);
    const reserved = await signIn({ ...ann, sub: `${ann.sub}-c`, preferred_username: 'admin', name: 'Admin' });
    expect(reserved.me).toMatchObject({ username: expect.stringMatching(/^person-/), role: 'user' });
    expect(reserved.me.displayName).toBe(reserved.me.username);
    const [one, other] = [
      await signIn({ ...ann, sub: `${ann.sub}-d` }),
      await signIn({ ...ann, sub: `${ann.sub}-e`, preferred_username: '李' }),
    ];
    expect(one.me.displayName).toBe(ann['name']);
    expect(other.me.displayName).toBe(`${String(ann['name'])} (${other.me.username})`);
  });

  test('the refresh cookie has the place that the page’s own sign-in gives it, and no proof is in the address', async () => {
    const { browser, at } = await signIn();
    const port = new URL(world.api.url).port;
    expect([...browser.cookies(world.api.url).keys()].toSorted()).toEqual(['parley_refresh', `parley_refresh_${port}`]);
    expect(at.href).toBe(`${world.api.url}/`);
  });

  test('an answer is taken by the browser that asked for it alone, and once', async () => {
    const [mine, thief] = [new TestBrowser(), new TestBrowser()];
    const callback = await mine.follow(start(), isCallback);
    // Somebody leads another browser to an answer of theirs (login CSRF).
    const stolen = await thief.get(callback);
    expect([stolen.status, stolen.headers.get('location')]).toEqual([302, '/sign-in#door=again']);
    expect(stolen.headers.getSetCookie().join()).not.toContain('refresh');
    const forged = new URL(callback);
    forged.searchParams.set('state', 'x'.repeat(43));
    expect((await mine.get(forged)).headers.get('location')).toBe('/sign-in#door=again');
    const kept = [...mine.cookies(world.api.url)].map(([name, value]) => `${name}=${value}`).join('; ');
    expect((await mine.get(callback)).headers.get('location')).toBe('/');
    expect((await mine.get(callback)).headers.get('location')).toBe('/sign-in#door=again');
    // With the cookie of before put back, the provider itself refuses the code.
    const again = await fetch(callback, { redirect: 'manual', headers: { cookie: kept } });
    expect(again.headers.get('location')).toBe('/sign-in#door=refused');
  });

  test('the answer of one provider is not taken at the address of another, nor a code of another sign-in', async () => {
    const [one, other] = [new TestBrowser(), new TestBrowser()];
    const mine = await one.follow(start(), isCallback);
    const theirs = await other.follow(start(), isCallback);
    const mixed = new URL(mine);
    mixed.searchParams.set('code', theirs.searchParams.get('code')!);
    expect((await one.get(mixed)).headers.get('location')).toBe('/sign-in#door=refused');
    const elsewhere = new URL(theirs);
    elsewhere.searchParams.set('iss', 'https://evil.example');
    expect((await other.get(elsewhere)).headers.get('location')).toBe('/sign-in#door=refused');
    const unknown = await new TestBrowser().get(`${world.api.url}/api/auth/oidc/other/start`);
    expect(unknown.headers.get('location')).toBe('/sign-in#door=unknown');
  });

  test.each([
    '//evil.example',
    String.raw`/\evil.example`,
    '/.//evil.example',
    '/\t/evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
  ])('nobody is led elsewhere by next=%s', async (next) => {
    const { at } = await signIn(ann, new TestBrowser(), `?next=${encodeURIComponent(next)}`);
    expect(at.href).toBe(`${world.api.url}/`);
  });

  test('whoever the provider does not let in, or who is disabled here, is told so on the page', async () => {
    provider.person = null;
    expect((await new TestBrowser().follow(start(), isPage)).hash).toBe('#door=refused');
    const { me } = await signIn();
    await (
      await world.anonymous.auth.login
        .mutate({ username: 'first', password: 'password of first' })
        .then(({ accessToken }) => world.as(accessToken))
    ).users.disable.mutate({
      username: me.username,
    });
    provider.person = ann;
    expect((await new TestBrowser().follow(start(), isPage)).hash).toBe('#door=disabled');
  });

  test('groups make an admin and unmake one, and ten thousand of them are read', async () => {
    const groups = Array.from({ length: 9_999 }, (_, place) => `group ${place}`);
    expect((await signIn({ ...ann, groups: [...groups, 'admins'] })).me.role).toBe('admin');
    expect((await signIn({ ...ann, groups })).me.role).toBe('user');
  });
});

describe('accounts of before', () => {
  test('are linked by an e-mail where both sides made sure of it, and not otherwise; without a way in here nobody uses a password', async () => {
    await using provider = await IdentityProvider.start();
    await using world = await createTestApi(provider.variables('COMPANY', { LINK: 'email', SIGN_UP: 'false' }));
    provider.serve(world.api.url, id);
    const bob = await world.register('bob');
    const setEmail = (verified: boolean) =>
      world.database.db.$executeRaw(Prisma.sql`
        update users set email = 'Bob@example.com', email_verified_at = ${verified ? new Date().toISOString() : null}::timestamptz where id = ${bob.id}::uuid`);
    const come = async (email_verified: boolean) => {
      provider.person = { sub: 'subject of bob', email: 'bob@example.com', email_verified, name: 'Bob Example' };
      const browser = new TestBrowser();
      return (
        await browser.follow(
          `${world.api.url}/api/auth/oidc/${id}/start`,
          (url) => !url.pathname.startsWith('/api/') && url.origin === world.api.url,
        )
      ).hash;
    };
    await setEmail(false);
    expect(await come(true)).toBe('#door=closed');
    await setEmail(true);
    expect(await come(false)).toBe('#door=closed');
    expect(await come(true)).toBe('');
    expect((await world.anonymous.auth.doors.query()).providers).toEqual([{ id, name: 'Company' }]);
  });

  test('with LOCAL_LOGIN=false nobody signs in, registers or changes a password here', async () => {
    await using provider = await IdentityProvider.start();
    await using world = await createTestApi({ ...provider.variables('COMPANY'), LOCAL_LOGIN: 'false' });
    const account = { username: 'carol', password: 'a password of carol' };
    const off = { data: { appCode: 'LOCAL_LOGIN_OFF' } };
    await expect(world.anonymous.auth.register.mutate(account)).rejects.toMatchObject(off);
    await expect(world.anonymous.auth.login.mutate(account)).rejects.toMatchObject(off);
    expect(await world.anonymous.auth.doors.query()).toMatchObject({ local: false, registration: 'closed' });
  });
});

describe('a provider that is away', () => {
  test('stops no start, and is asked again', async () => {
    await using provider = await IdentityProvider.start();
    await using world = await createTestApi(provider.variables('COMPANY'), 'pglite', { logLevel: 'warn' });
    const start = `${world.api.url}/api/auth/oidc/${id}/start`;
    const away = await new TestBrowser().get(start);
    expect(away.headers.get('location')).toBe('/sign-in#door=away');
    provider.serve(world.api.url, id);
    await expect.poll(async () => (await new TestBrowser().get(start)).headers.get('location')).toContain(`${provider.issuer}/auth?`);
  });
});
