import { request, type IncomingMessage } from 'node:http';
import { closeCodes } from '@parley/contracts';
import { createInvite } from '@parley/core/accounts/create-invite';
import { disableAccount } from '@parley/core/accounts/disable-account';
import { describe, expect, test } from 'vitest';
import { rawCall, type RawAnswer } from '../testing/raw-call.js';
import { sharedApi } from '../testing/shared-api.js';
import { createTestApi } from '../testing/test-api.js';

interface SignedInData {
  user: { id: string; username: string };
  accessToken: string;
  refreshToken?: string;
}

/** The cookies of an answer, as a browser would send them back. */
function cookieOf(cookies: string[]): string {
  return cookies.map((cookie) => cookie.split(';')[0]!).join('; ');
}

const cookieNames = (cookies: string[]) => cookies.map((cookie) => cookie.split('=')[0]!);
/** The names of the cookies that an answer takes back. */
const takenBack = (cookies: string[]) => cookieNames(cookies.filter((cookie) => /^[^=]+=;.*Expires=Thu, 01 Jan 1970/.test(cookie)));

export function authSuite(kind: 'pglite' | 'postgres'): void {
  describe(`auth over HTTP on ${kind}`, () => {
    const world = sharedApi(kind, { ACCESS_TOKEN_TTL_MS: '60000' });
    const url = () => world().api.url;
    const register = (username: string, more: object = {}, headers: Record<string, string> = {}) =>
      rawCall(url(), 'mutation', 'auth.register', { input: { username, password: `password of ${username}`, ...more }, headers });
    /** The name of this server's own cookie. */
    const own = () => `parley_refresh_${new URL(url()).port}`;
    const refresh = (cookie: string) => rawCall(url(), 'mutation', 'auth.refresh', { headers: { cookie } });

    test('a program registers, signs in and asks who it is', async () => {
      const registered = await register('Program');
      expect(registered.status).toBe(200);
      expect(registered.cookies).toEqual([]);
      expect(registered.data).toMatchObject({
        user: { username: 'program', displayName: expect.any(String) as string },
        refreshToken: expect.any(String) as string,
      });
      const login = await rawCall(url(), 'mutation', 'auth.login', { input: { username: ' PROGRAM ', password: 'password of Program' } });
      const { accessToken, user } = login.data as SignedInData;
      const me = await rawCall(url(), 'query', 'auth.me', { accessToken });
      expect(me.data).toMatchObject({ id: user.id, username: 'program' });
      expect(JSON.stringify([registered, login, me])).not.toMatch(/hash|argon2/i);
    });

    test('a wrong password and an unknown name are one answer', async () => {
      await register('known');
      const wrong = await rawCall(url(), 'mutation', 'auth.login', { input: { username: 'known', password: 'not the password' } });
      const unknown = await rawCall(url(), 'mutation', 'auth.login', { input: { username: 'nobody', password: 'not the password' } });
      expect(wrong.status).toBe(401);
      expect(wrong.error?.data).toMatchObject({ appCode: 'INVALID_CREDENTIALS', httpStatus: 401 });
      for (const answer of [wrong, unknown]) delete answer.error?.data.correlationId;
      expect(unknown.error).toEqual(wrong.error);
    });

    test('a taken name, a reserved one, and a bad one each say so', async () => {
      await register('taken');
      for (const name of ['taken', 'TAKEN', 'ada']) {
        expect((await register(name)).error?.data).toMatchObject({ appCode: 'USERNAME_TAKEN', httpStatus: 409 });
      }
      expect((await register('no spaces here')).error).toMatchObject({ data: { appCode: 'VALIDATION', field: 'username' } });
      expect((await register('shortpw', { password: 'short' })).error).toMatchObject({
        data: { appCode: 'VALIDATION', field: 'password' },
      });
      for (const password of ['12345678', 'password', 'easy-prey', '        ']) {
        const easy = await register('easy-prey', { password });
        expect([easy.status, easy.error]).toMatchObject([400, { data: { appCode: 'VALIDATION', field: 'password' } }]);
        expect(easy.error?.message).toMatch(/^This password is .*\. Choose /);
      }
    });

    test('a page gets the refresh token in a cookie that no script reads, no other site sends, and not in the body', async () => {
      const { cookies, data } = await register('page', { transport: 'cookie' });
      expect(data).not.toHaveProperty('refreshToken');
      expect(cookieNames(cookies)).toEqual([own(), 'parley_refresh']);
      expect(new Set(cookies.map((cookie) => cookie.split(/[=;]/)[1])).size).toBe(1);
      for (const cookie of cookies) {
        const attributes = cookie.split('; ').slice(1);
        expect(attributes).toEqual(
          expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/trpc', expect.stringMatching(/^Max-Age=\d+$/)]),
        );
        expect(attributes).not.toContain('Secure');
      }
    });

    test('the cookie authenticates a refresh and nothing else', async () => {
      const cookie = cookieOf((await register('cookied', { transport: 'cookie' })).cookies);
      for (const [type, path, input] of [
        ['query', 'auth.me', undefined],
        ['mutation', 'auth.logout', {}],
        ['query', 'rooms.list', { scope: 'joined' }],
        ['mutation', 'rooms.create', { name: 'Mine' }],
        ['subscription', 'inbox.events', {}],
      ] as const) {
        const answer = await rawCall(url(), type, path, { ...(input ? { input } : {}), headers: { cookie } });
        expect([path, answer.error?.data.httpStatus, answer.error?.data.appCode]).toEqual([path, 401, 'UNAUTHENTICATED']);
      }
      const refreshed = await refresh(cookie);
      expect(refreshed.status).toBe(200);
      expect(refreshed.data).not.toHaveProperty('refreshToken');
      expect(cookieOf(refreshed.cookies)).not.toBe(cookie);
      const { accessToken } = refreshed.data as SignedInData;
      expect((await rawCall(url(), 'query', 'auth.me', { accessToken })).data).toMatchObject({ username: 'cookied' });
    });

    test('over a WebSocket nothing sets a cookie: who asks for one is told to take the token', async () => {
      const user = await world().register('socketed');
      const { trpc, ws } = world().socket(user.accessToken);
      const input = { username: 'socketed', password: 'password of socketed' };
      await expect(trpc.auth.login.mutate({ ...input, transport: 'cookie' })).rejects.toMatchObject({ data: { appCode: 'VALIDATION' } });
      await expect(trpc.auth.refresh.mutate({})).rejects.toMatchObject({ data: { appCode: 'UNAUTHENTICATED' } });
      expect(await trpc.auth.login.mutate(input)).toHaveProperty('refreshToken');
      await ws.close();
    });

    test('whoever has no account is told which ways in there are', async () => {
      expect((await rawCall(url(), 'query', 'auth.doors')).data).toEqual({
        local: true,
        registration: 'open',
        providers: [],
        passkeys: true,
        mail: false,
      });
    });

    test('somebody sees where they are signed in, and signs out there; not where others are', async () => {
      const here = (await register('roamer', {}, { 'user-agent': 'curl/8.5.0' })).data as SignedInData;
      const there = (
        await rawCall(url(), 'mutation', 'auth.login', {
          input: { username: 'roamer', password: 'password of roamer' },
          headers: { 'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0' },
        })
      ).data as SignedInData;
      type Listed = { id: string; device: string | null; how: string | null; current: boolean; address: string | null };
      const list = async (accessToken: string) => (await rawCall(url(), 'query', 'sessions.list', { accessToken })).data as Listed[];
      const listed = await list(here.accessToken);
      expect(listed).toMatchObject([
        { device: 'Firefox on Windows', how: 'password', current: false, address: '127.0.0.1' },
        { device: 'curl/8.5.0', how: 'password', current: true },
      ]);
      const end = (accessToken: string, sessionId: string) =>
        rawCall(url(), 'mutation', 'sessions.end', { accessToken, input: { sessionId } });
      const stranger = await world().register('no-roamer');
      expect((await end(stranger.accessToken, listed[0]!.id)).error?.data.appCode).toBe('NOT_FOUND');
      expect((await rawCall(url(), 'query', 'auth.me', { accessToken: there.accessToken })).status).toBe(200);
      const socket = world().socket(there.accessToken);
      await socket.trpc.auth.me.query();
      expect((await end(here.accessToken, listed[0]!.id)).data).toEqual({ ok: true });
      expect(await socket.closed).toMatchObject({ code: closeCodes.SESSION_ENDED });
      const after = await rawCall(url(), 'query', 'auth.me', { accessToken: there.accessToken });
      expect(after.error?.data.appCode).toBe('SESSION_REVOKED');
      expect(await list(here.accessToken)).toMatchObject([{ current: true }]);
      expect((await end(here.accessToken, listed[0]!.id)).data).toEqual({ ok: true });
    });

    test('a sign-in makes a session of its own, whatever token or cookie was there before it', async () => {
      const planted = (await register('planter', { transport: 'cookie' })).cookies;
      await register('victim-of-planting');
      const signedIn = await rawCall(url(), 'mutation', 'auth.login', {
        input: { username: 'victim-of-planting', password: 'password of victim-of-planting', transport: 'cookie' },
        headers: { cookie: cookieOf(planted) },
      });
      const values = (cookies: string[]) => cookies.map((cookie) => cookie.split(/[=;]/)[1]);
      expect(values(signedIn.cookies).filter((value) => values(planted).includes(value))).toEqual([]);
      expect((await refresh(cookieOf(planted))).data).toMatchObject({ user: { username: 'planter' } });
      expect((await refresh(cookieOf(signedIn.cookies))).data).toMatchObject({ user: { username: 'victim-of-planting' } });
    });

    test('a refresh token is used once; its predecessor, used again after its successor, ends the session', async () => {
      const first = (await register('rotating')).data as SignedInData;
      const call = (refreshToken: string) => rawCall(url(), 'mutation', 'auth.refresh', { input: { refreshToken } });
      const second = (await call(first.refreshToken!)).data as SignedInData;
      expect(second.refreshToken).not.toBe(first.refreshToken);
      const third = (await call(second.refreshToken!)).data as SignedInData;
      const reused = await call(first.refreshToken!);
      expect([reused.status, reused.error?.data.appCode]).toEqual([401, 'SESSION_REVOKED']);
      expect((await call(third.refreshToken!)).error?.data.appCode).toBe('SESSION_REVOKED');
      await expect
        .poll(async () => (await rawCall(url(), 'query', 'auth.me', { accessToken: third.accessToken })).error?.data.appCode)
        .toBe('SESSION_REVOKED');
    });

    test('two tabs that refresh at once both stay signed in', async () => {
      const cookie = cookieOf((await register('tabs', { transport: 'cookie' })).cookies);
      const answers = await Promise.all([refresh(cookie), refresh(cookie)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      for (const { cookies } of answers) expect((await refresh(cookieOf(cookies))).status).toBe(200);
    });

    test('a cookie that is worth nothing any more is taken back', async () => {
      const { cookies, data } = await register('leaver', { transport: 'cookie' });
      const out = await rawCall(url(), 'mutation', 'auth.logout', { input: {}, accessToken: (data as SignedInData).accessToken });
      expect(out.data).toEqual({ ok: true });
      expect(takenBack(out.cookies)).toEqual([own()]);
      const after = await refresh(cookieOf(cookies));
      expect(after.error?.data.appCode).toBe('SESSION_REVOKED');
      expect(takenBack(after.cookies)).toEqual([own(), 'parley_refresh']);
      expect((await refresh(`${own()}=made-up`)).error?.data.appCode).toBe('SESSION_REVOKED');
      expect((await refresh('other=1')).error?.data.appCode).toBe('UNAUTHENTICATED');
    });

    describe('a browser that keeps the cookies of all ports of a host together', () => {
      /** The value under each name, and what this server and others make of it. */
      function browser() {
        const jar = new Map<string, string>();
        const keep = (answer: RawAnswer) => {
          for (const cookie of answer.cookies) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
            if (value === '') jar.delete(name!);
            else jar.set(name!, value!);
          }
          return answer;
        };
        const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        return {
          jar,
          shared: () => jar.get('parley_refresh'),
          async signIn(username: string) {
            return keep(await register(username, { transport: 'cookie' })).data as SignedInData;
          },
          refresh: async () => keep(await refresh(cookie())),
          logout: async ({ accessToken }: SignedInData) =>
            keep(await rawCall(url(), 'mutation', 'auth.logout', { input: {}, accessToken, headers: { cookie: cookie() } })),
          /** What a process of the version before does: it knows the shared name alone. */
          async refreshBefore() {
            const answer = await rawCall(url(), 'mutation', 'auth.refresh', { input: { refreshToken: jar.get('parley_refresh') } });
            jar.set('parley_refresh', (answer.data as SignedInData).refreshToken!);
          },
        };
      }
      const exchanged = (username: string) => ({ status: 200, data: { user: { username } } });

      test('signed in by the version before, it goes on under both names', async () => {
        const person = browser();
        person.jar.set('parley_refresh', (await world().register('old-only')).refreshToken);
        expect(await person.refresh()).toMatchObject(exchanged('old-only'));
        expect([...person.jar.keys()].toSorted()).toEqual(['parley_refresh', own()]);
        expect(person.jar.get(own())).toBe(person.shared());
        expect(await person.refresh()).toMatchObject(exchanged('old-only'));
      });

      test('goes from one version to the other and back, again and again, and stays signed in', async () => {
        const person = browser();
        await person.signIn('rolling');
        for (let round = 0; round < 3; round++) {
          await person.refreshBefore();
          await person.refreshBefore();
          // The own name has a token now that was exchanged long ago: to exchange it would end the session.
          expect(await person.refresh()).toMatchObject(exchanged('rolling'));
          expect(await person.refresh()).toMatchObject(exchanged('rolling'));
          expect(person.jar.get(own())).toBe(person.shared());
        }
      });

      test('whoever signed in anew by the version before is who they are', async () => {
        const person = browser();
        const first = await person.signIn('earlier');
        await rawCall(url(), 'mutation', 'auth.logout', { input: {}, accessToken: first.accessToken });
        person.jar.set('parley_refresh', (await world().register('later')).refreshToken);
        expect(await person.refresh()).toMatchObject(exchanged('later'));
      });

      test('another server’s token under the shared name is ignored, and stays', async () => {
        const person = browser();
        person.jar.set('parley_refresh', 'of-another-server');
        const unknown = await person.refresh();
        expect([unknown.status, unknown.error?.data.appCode, unknown.cookies]).toEqual([401, 'UNAUTHENTICATED', []]);

        const signedIn = await person.signIn('neighbour');
        person.jar.set('parley_refresh', 'of-another-server');
        expect(await person.refresh()).toMatchObject(exchanged('neighbour'));
        person.jar.set('parley_refresh', 'of-another-server');
        expect(takenBack((await person.logout(signedIn)).cookies)).toEqual([own()]);
        expect(person.shared()).toBe('of-another-server');
        expect((await person.refresh()).error?.data.appCode).toBe('UNAUTHENTICATED');
      });

      test('signed out, it has neither token of this server any more, also where they differ', async () => {
        const person = browser();
        const signedIn = await person.signIn('leaves-both');
        await person.refreshBefore();
        await person.logout(signedIn);
        expect([...person.jar]).toEqual([]);

        const again = await person.signIn('ended-elsewhere');
        await rawCall(url(), 'mutation', 'auth.logout', { input: {}, accessToken: again.accessToken });
        person.jar.set('parley_refresh', 'of-another-server');
        expect((await person.refresh()).error?.data.appCode).toBe('SESSION_REVOKED');
        expect([...person.jar]).toEqual([['parley_refresh', 'of-another-server']]);
      });

      test('whose account is removed, it has no token of it any more', async () => {
        const person = browser();
        const { accessToken } = await person.signIn('goes-for-good');
        await person.refreshBefore();
        const cookie = [...person.jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const input = { password: 'password of goes-for-good' };
        const gone = await rawCall(url(), 'mutation', 'users.removeAccount', { input, accessToken, headers: { cookie } });
        expect([gone.status, takenBack(gone.cookies)]).toEqual([200, [own(), 'parley_refresh']]);
      });
    });

    test('logging out ends this session at once; everywhere ends them all', async () => {
      const here = await world().register('everywhere');
      const login = () =>
        rawCall(url(), 'mutation', 'auth.login', { input: { username: 'everywhere', password: 'password of everywhere' } });
      const there = (await login()).data as SignedInData;
      const me = (accessToken: string) => rawCall(url(), 'query', 'auth.me', { accessToken });
      await rawCall(url(), 'mutation', 'auth.logout', { input: {}, accessToken: here.accessToken });
      expect((await me(here.accessToken)).error?.data).toMatchObject({ appCode: 'SESSION_REVOKED', httpStatus: 401 });
      expect((await me(there.accessToken)).status).toBe(200);
      const third = (await login()).data as SignedInData;
      await rawCall(url(), 'mutation', 'auth.logout', { input: { everywhere: true }, accessToken: third.accessToken });
      for (const { accessToken } of [there, third]) expect((await me(accessToken)).error?.data.appCode).toBe('SESSION_REVOKED');
    });

    test('a disabled account is told so, by login and by refresh', async () => {
      const user = await world().register('shut-out');
      await disableAccount(world().core, null, { username: 'shut-out' });
      const login = await rawCall(url(), 'mutation', 'auth.login', { input: { username: 'shut-out', password: 'password of shut-out' } });
      expect([login.status, login.error?.data.appCode]).toEqual([403, 'ACCOUNT_DISABLED']);
      const refreshed = await rawCall(url(), 'mutation', 'auth.refresh', { input: { refreshToken: user.refreshToken } });
      expect(refreshed.error?.data.appCode).toBe('ACCOUNT_DISABLED');
    });

    test('a header that is no bearer token is refused where an account is needed, and no hindrance to signing in', async () => {
      for (const authorization of ['Basic abc', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(5_000)}`, 'Bearer a.b.c']) {
        const me = await rawCall(url(), 'query', 'auth.me', { headers: { authorization } });
        expect([authorization, me.status, me.error?.data.appCode]).toEqual([authorization, 401, 'UNAUTHENTICATED']);
      }
      expect((await register('despite', {}, { authorization: 'Bearer a.b.c' })).status).toBe(200);
    });
  });

  describe(`who may register on ${kind}`, () => {
    test('closed: nobody; the default where strangers can reach it', async () => {
      for (const variables of [{ REGISTRATION: 'closed' }, { HOST: '0.0.0.0' }, { TRUST_PROXY: 'true' }] as Record<string, string>[]) {
        await using world = await createTestApi(variables, kind);
        await expect(world.register('someone')).rejects.toMatchObject({ data: { appCode: 'REGISTRATION_CLOSED', httpStatus: 403 } });
      }
    });

    test('invite: who has an unused code', async () => {
      await using world = await createTestApi({ REGISTRATION: 'invite' }, kind);
      const code = await createInvite(world.core);
      const register = (username: string, invite?: string) =>
        world.anonymous.auth.register.mutate({ username, password: `password of ${username}`, ...(invite ? { invite } : {}) });
      await expect(register('first')).rejects.toMatchObject({ data: { appCode: 'INVITE_REQUIRED' } });
      await expect(register('first', 'made-up')).rejects.toMatchObject({ data: { appCode: 'INVITE_REQUIRED' } });
      expect(await register('first', code)).toMatchObject({ user: { username: 'first' } });
      await expect(register('second', code)).rejects.toMatchObject({ data: { appCode: 'INVITE_REQUIRED' } });
    });

    test('open: anyone, and the first is the admin', async () => {
      await using world = await createTestApi({}, kind);
      const [first, second] = [await world.register('first'), await world.register('second')];
      expect(await first.http.auth.me.query()).toMatchObject({ role: 'admin' });
      expect(await second.http.auth.me.query()).toMatchObject({ role: 'user' });
    });

    test('where others can come: who has the set-up link that the start gives, once, is the admin', async () => {
      await using world = await createTestApi({ TRUST_PROXY: 'true', PUBLIC_ORIGINS: 'https://chat.example.org' }, kind);
      expect(world.api.registration).toBe('closed');
      const link = new URL(world.api.setUpLink!);
      expect([link.origin, link.pathname]).toEqual(['https://chat.example.org', '/sign-in']);
      const invite = new URLSearchParams(link.hash.slice(1)).get('invite')!;
      const register = (username: string, code: string) =>
        world.anonymous.auth.register.mutate({ username, password: `password of ${username}`, invite: code });
      await expect(register('stranger', 'made-up')).rejects.toMatchObject({ data: { appCode: 'REGISTRATION_CLOSED' } });
      expect(await register('root', invite)).toMatchObject({ user: { username: 'root', role: 'admin' } });
      await expect(register('again', invite)).rejects.toMatchObject({ data: { appCode: 'REGISTRATION_CLOSED' } });
    });

    test('where only this machine can come no link is given', async () => {
      await using world = await createTestApi({}, kind);
      expect([world.api.registration, world.api.setUpLink]).toEqual(['open', null]);
    });

    test('where the page is served by https the cookie is for https alone', async () => {
      await using world = await createTestApi({ PUBLIC_ORIGINS: 'https://chat.example.org', REGISTRATION: 'open' }, kind);
      const input = { username: 'secured', password: 'password of secured', transport: 'cookie' };
      const { cookies } = await rawCall(world.api.url, 'mutation', 'auth.register', {
        input,
        headers: { origin: 'https://chat.example.org' },
      });
      expect(cookieNames(cookies)).toEqual(['__Host-parley_refresh_443', 'parley_refresh']);
      for (const cookie of cookies) expect(cookie.split('; ')).toEqual(expect.arrayContaining(['Secure', 'HttpOnly', 'SameSite=Strict']));
      // What the prefix asks for: else the browser would not take it.
      expect(cookies[0]!.split('; ')).toContain('Path=/');
      expect(cookies.join()).not.toMatch(/domain/i);
    });

    test.each([
      ['a trusted proxy', { TRUST_PROXY: 'true', REGISTRATION: 'open' }, '__Host-parley_refresh_8443'],
      // Where nothing trusts it, the header is a claim of whoever calls.
      ['a stranger', {}, 'parley_refresh_3000'],
    ] as [string, Record<string, string>, string][])(
      'what %s says of the address counts for what it is worth',
      async (_who, variables, name) => {
        await using world = await createTestApi(variables, kind);
        const input = { username: 'forwarded', password: 'password of forwarded', transport: 'cookie' };
        const headers = { host: 'localhost:3000', 'x-forwarded-host': 'chat.example.org:8443', 'x-forwarded-proto': 'https' };
        const { headers: answered } = await requestJson(`${world.api.url}/trpc/auth.register`, headers, input);
        expect(cookieNames(answered['set-cookie'] ?? [])).toEqual([name, 'parley_refresh']);
      },
    );
  });
}

/** A POST with headers that fetch would not send as they are. */
function requestJson(url: string, headers: Record<string, string>, body: object): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, (answer) => {
      answer.resume();
      resolve(answer);
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
