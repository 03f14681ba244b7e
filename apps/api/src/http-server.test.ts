import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pagePaths } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { contentSecurityPolicy } from './content-security-policy.js';
import { rawCall, readAnswer } from './testing/raw-call.js';
import { sharedApi } from './testing/shared-api.js';
import { createTestApi, type TestApi } from './testing/test-api.js';

const page = 'https://chat.example.org';
const metricsToken = 'a-token-of-the-operators';
const asOperator = { headers: { authorization: `Bearer ${metricsToken}` } };

/** Sends bytes as they are. @returns all that came back before the server hung up, or fell silent for a second */
async function rawHttp(port: number, bytes: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.write(bytes);
  await new Promise<void>((resolve) => {
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('error', () => {}).on('close', () => resolve());
  });
  return answer;
}

describe('the HTTP server', () => {
  let world: TestApi;
  beforeAll(async () => {
    world = await createTestApi({ PUBLIC_ORIGINS: `${page},http://other.example:8080`, METRICS_TOKEN: metricsToken });
  });
  afterAll(() => world[Symbol.asyncDispose]());
  const url = (path: string) => `${world.api.url}${path}`;

  describe('what is asked for wrongly gets its code and a sentence', () => {
    test.each([
      ['an unknown procedure', 'GET', '/trpc/rooms.destroy', {}, undefined, 404, 'NOT_FOUND'],
      ['a name of every object', 'GET', '/trpc/constructor', {}, undefined, 404, 'NOT_FOUND'],
      ['a path within a procedure', 'GET', '/trpc/auth/me', {}, undefined, 404, 'NOT_FOUND'],
      ['a mutation by GET', 'GET', '/trpc/auth.login', {}, undefined, 404, 'NOT_FOUND'],
      ['a query by POST', 'POST', '/trpc/auth.me', { 'content-type': 'application/json' }, '{}', 404, 'NOT_FOUND'],
      ['another method', 'DELETE', '/trpc/auth.me', {}, undefined, 400, 'VALIDATION'],
      ['a page that is not there', 'GET', '/nowhere', {}, undefined, 404, 'NOT_FOUND'],
      ['the page, where none was built', 'GET', '/', {}, undefined, 404, 'NOT_FOUND'],
      ['a body that is no JSON', 'POST', '/trpc/auth.login', { 'content-type': 'application/json' }, '{"username":', 400, 'VALIDATION'],
      [
        'a body nested too deeply',
        'POST',
        '/trpc/auth.login',
        { 'content-type': 'application/json' },
        '['.repeat(2_000_000),
        400,
        'VALIDATION',
      ],
      ['the same where nothing is', 'POST', '/nowhere', { 'content-type': 'application/json' }, '['.repeat(2_000_000), 400, 'VALIDATION'],
      [
        'a body of too many values',
        'POST',
        '/trpc/auth.login',
        { 'content-type': 'application/json' },
        `{"x":[${'0,'.repeat(900_000)}0]}`,
        400,
        'VALIDATION',
      ],
      ['a body of another type', 'POST', '/trpc/auth.login', { 'content-type': 'text/plain' }, 'hello', 400, 'VALIDATION'],
      ['a form', 'POST', '/trpc/auth.login', { 'content-type': 'application/x-www-form-urlencoded' }, 'username=a', 400, 'VALIDATION'],
      ['a body of a type that is none', 'POST', '/trpc/auth.login', { 'content-type': '///' }, 'hello', 400, 'VALIDATION'],
      [
        'a body too large',
        'POST',
        '/trpc/auth.login',
        { 'content-type': 'application/json' },
        JSON.stringify('x'.repeat(3_000_000)),
        413,
        'PAYLOAD_TOO_LARGE',
      ],
      ['a path that cannot be decoded', 'GET', '/trpc/%E0%A4%A', {}, undefined, 400, 'VALIDATION'],
      [
        'an address longer than headers may be',
        'GET',
        `/trpc/auth.me?input=${'x'.repeat(20_000)}`,
        {},
        undefined,
        431,
        'PAYLOAD_TOO_LARGE',
      ],
      [
        'too many calls in a batch',
        'GET',
        `/trpc/${Array.from({ length: 21 }, () => 'auth.me').join(',')}?batch=1`,
        {},
        undefined,
        413,
        'PAYLOAD_TOO_LARGE',
      ],
      ['a procedure name longer than any', 'GET', `/trpc/${'x'.repeat(6_000)}`, {}, undefined, 400, 'VALIDATION'],
    ] as const)('%s', async (_name, method, path, headers, body, status, appCode) => {
      const response = await fetch(url(path), { method, headers, ...(body === undefined ? {} : { body }) });
      const answers = (await response.json()) as
        | { error: { message: string; data: { appCode: string; httpStatus: number } } }
        | { error: never }[];
      const { error } = (Array.isArray(answers) ? answers[0] : answers) as { error: { message: string; data: { appCode: string } } };
      expect([response.status, error.data.appCode]).toEqual([status, appCode]);
      expect(error.message).toMatch(/^[A-Z].{10,}\.$/);
      expect(JSON.stringify(error)).not.toMatch(/stack|node_modules|\/src\//);
    });

    test.each(['content-length', 'transfer-encoding'])(
      'a body too large, told of by %s, is answered and read to its end: the connection serves on',
      async (header) => {
        const socket: Socket = connect(world.api.port, '127.0.0.1');
        let answers = '';
        socket.setEncoding('utf8').on('data', (text: string) => (answers += text));
        const size = 3_000_000;
        const head = 'POST /trpc/auth.login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
        socket.write(
          header === 'content-length'
            ? `${head}Content-Length: ${size}\r\n\r\n${'x'.repeat(size)}`
            : `${head}Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`,
        );
        socket.write('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n');
        await vi.waitFor(() => expect(answers).toContain('{"ready":true}'));
        expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
        expect(answers).toContain('"code":"PAYLOAD_TOO_LARGE"');
        socket.destroy();
      },
    );

    test('a batch that is too large is told how large one may be, and that much is taken', async () => {
      interface Answer {
        error: { message: string; data: { appCode: string } };
      }
      const batch = async (calls: number) => {
        const response = await fetch(url(`/trpc/${Array.from({ length: calls }, () => 'auth.me').join(',')}?batch=1`));
        const answers = (await response.json()) as Answer | Answer[];
        return Array.isArray(answers) ? answers : [answers];
      };
      const [refusal] = await batch(100);
      const most = Number(/at most (\d+)/.exec(refusal!.error.message)?.[1]);
      expect((await batch(most)).map(({ error }) => error.data.appCode)).toEqual(Array(most).fill('UNAUTHENTICATED'));
      expect((await batch(most + 1)).map(({ error }) => error.data.appCode)).toEqual(['PAYLOAD_TOO_LARGE']);
    });

    test('OPTIONS is answered also where it is no preflight', async () => {
      for (const path of ['/api/me', '/mcp', '/v1/models', '/trpc/auth.me'])
        expect((await fetch(url(path), { method: 'OPTIONS' })).status).toBe(204);
    });

    test('a body without its type is told which', async () => {
      const { error } = (await (await fetch(url('/trpc/auth.refresh'), { method: 'POST' })).json()) as { error: { message: string } };
      expect(error.message).toContain('content-type: application/json');
    });

    test('HEAD of the page, where none was built, is 404 without a body', async () => {
      const response = await fetch(url('/'), { method: 'HEAD' });
      expect([response.status, await response.text()]).toEqual([404, '']);
    });

    test('what is no HTTP is answered and hung up on', async () => {
      const answer = await rawHttp(world.api.port, 'HELLO THERE\r\n\r\n');
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"appCode":"VALIDATION"');
    });

    test.each(['//', '/trpc/../..', '*', 'http://[', '/\\', '/trpc?connectionParams=1&%'])(
      'an upgrade to %s does no harm',
      async (path) => {
        const upgrade =
          'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
        await rawHttp(world.api.port, `GET ${path} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
        expect((await fetch(url('/ready'))).status).toBe(200);
      },
    );

    test('nothing of it is logged as ours', () => {
      expect(world.logged).toEqual([]);
    });
  });

  describe('origins', () => {
    const preflight = (origin: string) =>
      fetch(url('/trpc/auth.login'), {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,authorization' },
      });
    const login = (origin?: string) =>
      rawCall(world.api.url, 'mutation', 'auth.login', {
        input: { username: 'nobody', password: 'a password' },
        headers: origin === undefined ? {} : { origin },
      });

    test('a page of a listed origin may call, with its cookie', async () => {
      for (const origin of [page, 'http://other.example:8080']) {
        const { status, headers } = await preflight(origin);
        expect(status).toBe(204);
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        expect(headers.get('access-control-allow-credentials')).toBe('true');
        expect(headers.get('access-control-allow-methods')).toContain('POST');
        expect(headers.get('access-control-allow-headers')).toMatch(/content-type.*authorization/);
        const answer = await login(origin);
        expect(answer.error?.data.appCode).toBe('INVALID_CREDENTIALS');
        expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
        expect(answer.headers.get('vary')).toMatch(/origin/i);
      }
    });

    test('one of any other origin may not, nor learn anything', async () => {
      for (const origin of ['https://evil.example', 'null', `${page}.evil.example`, 'http://chat.example.org']) {
        for (const response of [await preflight(origin), await fetch(url('/health'), { headers: { origin } })]) {
          expect(response.status).toBe(403);
          expect(response.headers.get('access-control-allow-origin')).toBeNull();
          expect(((await response.json()) as { error: { data: object } }).error.data).toMatchObject({ appCode: 'FORBIDDEN_ORIGIN' });
        }
        expect((await login(origin)).error?.data).toMatchObject({ appCode: 'FORBIDDEN_ORIGIN', httpStatus: 403 });
      }
    });

    test('programs need no list, nor does the host’s own page where there is none', async () => {
      expect((await login()).error?.data.appCode).toBe('INVALID_CREDENTIALS');
      // The host's own page by a name that leads here alone needs no entry; by any other name, or from another server here, it does.
      expect((await login(world.api.url)).error?.data.appCode).toBe('INVALID_CREDENTIALS');
      expect((await login(world.api.url.replace('127.0.0.1', 'localhost'))).error?.data.appCode).toBe('FORBIDDEN_ORIGIN');
      await using unlisted = await createTestApi();
      const input = { username: 'nobody', password: 'a password' };
      const own = await rawCall(unlisted.api.url, 'mutation', 'auth.login', { input, headers: { origin: unlisted.api.url } });
      expect(own.error?.data.appCode).toBe('INVALID_CREDENTIALS');
    });
  });

  test('health names each part, ready says whether to send people here, metrics are Prometheus’s', async () => {
    expect(await (await fetch(url('/health'))).json()).toMatchObject({
      status: 'ok',
      instanceId: 'test',
      parts: { database: 'ok', bus: 'ok', presence: 'ok', limits: 'ok' },
    });
    expect(await (await fetch(url('/ready'))).json()).toEqual({ ready: true });
    expect(await (await fetch(url('/live'))).json()).toEqual({ live: true });
    await rawCall(world.api.url, 'query', 'auth.me');
    const response = await fetch(url('/metrics'), asOperator);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const metrics = await response.text();
    expect(metrics).toMatch(/^parley_sockets \d+$/m);
    expect(metrics).toMatch(/^parley_bus_connected 1$/m);
    expect(metrics).toMatch(/^parley_call_seconds_count\{path="auth.me",type="query",outcome="error"\} \d+$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+/m);
  });

  test('names that no procedure has do not become metrics: a stranger could make as many as they like', async () => {
    for (let i = 0; i < 5; i++) await fetch(url(`/trpc/made.up${i}`));
    expect(await (await fetch(url('/metrics'), asOperator)).text()).not.toContain('made.up');
  });

  test('every answer to a call names itself as the log does, and says nothing to sniffers', async () => {
    const { headers, error } = await rawCall(world.api.url, 'query', 'auth.me');
    expect(error?.data.correlationId).toBe(headers.get('x-correlation-id'));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('several calls in one batch each get their answer', async () => {
    const response = await fetch(url('/trpc/auth.me,rooms.nothing?batch=1'));
    const answers = (await response.json()) as { error: { data: { appCode: string } } }[];
    expect(answers.map(({ error }) => error.data.appCode)).toEqual(['UNAUTHENTICATED', 'NOT_FOUND']);
  });
});

describe('what browsers are told', () => {
  const always = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'permissions-policy': expect.stringMatching(/\bcamera=\(\), .*\bmicrophone=\(\)/) as string,
    // A server that is reached by plain HTTP can promise nothing about HTTPS.
    'strict-transport-security': null,
  };
  const ofData = "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'";
  const told = ({ headers }: Response) => Object.fromEntries(Object.keys(always).map((name) => [name, headers.get(name)]));

  test('an answer to a call, a refusal too, is data and no page; the page may do what its policy says', async () => {
    const webRoot = await mkdtemp(join(tmpdir(), 'parley-web-'));
    try {
      await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Parley</title>');
      await using world = await createTestApi({ PUBLIC_ORIGINS: page }, 'pglite', { webRoot });
      const get = (path: string, headers: Record<string, string> = {}) => fetch(`${world.api.url}${path}`, { headers });
      const answers = await Promise.all([
        get('/trpc/auth.me'),
        get('/trpc/nothing.here'),
        get('/health'),
        get('/metrics'),
        get('/api/me/export'),
        get('/assets/none.js'),
        get('/health', { origin: 'https://evil.example' }),
        get('/health', { origin: page }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([401, 404, 200, 403, 401, 404, 403, 200]);
      for (const answer of answers) {
        expect(told(answer)).toEqual(always);
        expect(answer.headers.get('content-security-policy')).toBe(ofData);
      }
      // A path that cannot be decoded leads a browser to the page, which says that nothing is there; a program is told.
      const undecodable = await fetch(new URL('/rooms/%E0%A4%A', world.api.url), { headers: { accept: 'text/html' }, redirect: 'manual' });
      expect([undecodable.status, undecodable.headers.get('location')]).toEqual([302, '/rooms/%25E0%25A4%25A']);
      expect((await fetch(new URL('/rooms/%E0%A4%A', world.api.url))).status).toBe(400);
      for (const path of ['/', '/index.html', '/rooms/some']) {
        const answer = await get(path);
        expect(answer.status).toBe(200);
        expect(told(answer)).toEqual(always);
        expect(answer.headers.get('content-security-policy')).toBe(contentSecurityPolicy(new URL(world.api.url).host, [page]));
      }
    } finally {
      await rm(webRoot, { recursive: true });
    }
  });
});

describe('who is told to come by https alone', () => {
  const told = async (url: string, headers: Record<string, string>) => {
    // `fetch` lets nobody choose the host.
    const { port } = new URL(url);
    const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = await rawHttp(Number(port), `GET /health HTTP/1.1\r\n${lines.join('')}connection: close\r\n\r\n`);
    return /^strict-transport-security: (.*)$/im.exec(answer)?.[1]?.trim() ?? null;
  };

  test('whoever asks for a host of PUBLIC_ORIGINS that is an https one', async () => {
    await using world = await createTestApi({ PUBLIC_ORIGINS: `${page},http://plain.example` });
    expect(await told(world.api.url, { host: 'chat.example.org' })).toBe('max-age=31536000');
    expect(await told(world.api.url, { host: 'CHAT.example.org' })).toBe('max-age=31536000');
    expect(await told(world.api.url, { host: 'plain.example' })).toBeNull();
    expect(await told(world.api.url, {})).toBeNull();
    expect(await told(world.api.url, { 'x-forwarded-proto': 'https' })).toBeNull();
  });

  test('whoever came by https to a proxy that is trusted', async () => {
    await using world = await createTestApi({ TRUST_PROXY: 'true' });
    expect(await told(world.api.url, { 'x-forwarded-proto': 'https' })).toBe('max-age=31536000');
    expect(await told(world.api.url, { 'x-forwarded-proto': 'http' })).toBeNull();
  });
});

describe('answers to calls are kept by no cache', () => {
  test('those with tokens, and all others, refusals too', async () => {
    await using world = await createTestApi();
    const input = { username: 'carol', password: 'a good password' };
    const call = (type: 'query' | 'mutation', path: string, more: object = {}) => rawCall(world.api.url, type, path, more);
    const registered = await call('mutation', 'auth.register', { input });
    const { accessToken, refreshToken } = registered.data as { accessToken: string; refreshToken: string };
    const answers = [
      registered,
      await call('mutation', 'auth.login', { input }),
      await call('mutation', 'auth.refresh', { input: { refreshToken } }),
      await call('mutation', 'auth.login', { input: { ...input, password: 'another one' } }),
      await call('query', 'auth.me', { accessToken }),
      await call('query', 'auth.me'),
      await call('query', 'no.such'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 401, 200, 401, 404]);
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('metrics are for whoever runs the server', () => {
  const ask = async (world: TestApi, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${world.api.url}/metrics`, { headers });
    const text = await answer.text();
    return [answer.status, answer.ok ? text.includes('parley_sockets') : (JSON.parse(text) as { code: string }).code];
  };

  test('without a token: for this machine, by one of its names, through no proxy on it', async () => {
    await using world = await createTestApi();
    expect(await ask(world)).toEqual([200, true]);
    const { port } = world.api;
    const askAs = (host: string) =>
      new Promise((resolve, reject) => {
        httpGet({ host: '127.0.0.1', port, path: '/metrics', headers: { host } }, (answer) => resolve(answer.resume().statusCode)).on(
          'error',
          reject,
        );
      });
    const names = ['localhost', 'parley.localhost', '127.0.0.1', '[::1]', '127.1.2.3'].map((name) => [`${name}:${port}`, 200]);
    // A page whose name was pointed at this machine asks by that name.
    const others = ['evil.example', `127.0.0.1.evil.example:${port}`, '127.evil.example', '192.0.2.7'].map((name) => [name, 403]);
    for (const [name, status] of [...names, ...others] as [string, number][]) expect([name, await askAs(name)]).toEqual([name, status]);
    for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'via', 'x-real-ip'])
      expect([name, ...(await ask(world, { [name]: '127.0.0.1' }))]).toEqual([name, 403, 'FORBIDDEN']);
  });

  test.each([{ TRUST_PROXY: 'true' }, { PUBLIC_ORIGINS: 'https://chat.example.org' }])(
    'where there is a proxy, which may not say so, only with a token: %j',
    async (variables) => {
      await using world = await createTestApi(variables);
      expect(await ask(world)).toEqual([403, 'FORBIDDEN']);
      await using told = await createTestApi({ ...variables, METRICS_TOKEN: 'a-token-of-the-operators' });
      expect(await ask(told, { authorization: 'Bearer a-token-of-the-operators' })).toEqual([200, true]);
    },
  );

  test('with a token: for who sends it, from anywhere', async () => {
    const METRICS_TOKEN = 'a-token-of-the-operators';
    await using world = await createTestApi({ METRICS_TOKEN });
    for (const authorization of [undefined, 'Bearer another', `Bearer ${METRICS_TOKEN}x`, `Basic ${METRICS_TOKEN}`, METRICS_TOKEN])
      expect(await ask(world, authorization === undefined ? {} : { authorization })).toEqual([401, 'UNAUTHENTICATED']);
    const authorization = `Bearer ${METRICS_TOKEN}`;
    expect(await ask(world, { authorization })).toEqual([200, true]);
    expect(await ask(world, { authorization, 'x-forwarded-for': '192.0.2.1' })).toEqual([200, true]);
  });
});

describe('nothing slow stays', () => {
  const world = sharedApi('pglite', { REQUEST_MS: '400' });
  const refusal = { code: 'VALIDATION', detail: 'The request did not arrive in time. Send it again.', status: 408 };

  /** Sends the beginning of a request, then drips. @returns all that came back until the server hung up */
  async function drip(port: number, beginning: string, piece: string): Promise<string> {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('error', () => {});
    socket.write(beginning);
    // Whoever says nothing finds out that the connection is gone, not only ended, by saying something.
    let more = piece;
    socket.on('end', () => (more ||= 'x'));
    const dripping = setInterval(() => more !== '' && socket.writable && socket.write(more), 50);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(dripping);
    return answer;
  }
  const post = (path: string, more: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

  // At once, because all of them only wait.
  test.concurrent.each([
    ['the head of a request', 'GET /ready HTTP/1.1\r\nX-Slow: ', 'x'],
    ['nothing at all', '', ''],
    ['half a head, then nothing', 'GET /ready HT', ''],
    ['a body', post('/trpc/auth.login', 'Content-Length: 100000'), 'x'],
    ['a body in pieces', post('/trpc/auth.login', 'Transfer-Encoding: chunked'), '1\r\nx\r\n'],
    ['a body to an address that is nothing', post('/nowhere', 'Content-Length: 100000'), 'x'],
    ['a body that nobody asked for', 'GET /ready HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n', 'x'],
  ])('%s: many who drip it are hung up on, and others are served', async (_name, beginning, piece) => {
    const { api, logged } = world();
    const dripping = Promise.all(Array.from({ length: 30 }, () => drip(api.port, beginning, piece)));
    expect((await fetch(`${api.url}/ready`)).status).toBe(200);
    for (const answer of await dripping) {
      if (answer.startsWith('HTTP/1.1 200')) continue;
      expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject(refusal);
    }
    expect(logged).toEqual([]);
  });

  test('a file may take longer than a call', async () => {
    await using world = await createTestApi({ REQUEST_MS: '600' });
    const { accessToken } = await world.register('slow');
    const bearer = `Authorization: Bearer ${accessToken}\r\n`;
    const sent = drip(world.api.port, post('/api/rooms/import', `${bearer}Connection: close\r\nContent-Length: 20`), 'x');
    expect(await sent).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('addresses, with the page built', () => {
  let webRoot: string;
  let world: TestApi;
  beforeAll(async () => {
    webRoot = await mkdtemp(join(tmpdir(), 'parley-web-'));
    await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Parley</title>');
    world = await createTestApi({}, 'pglite', { webRoot });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await rm(webRoot, { recursive: true });
  });
  const get = (path: string, init?: RequestInit) => fetch(`${world.api.url}${path}`, init);
  const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

  test.each(pagePaths.map((path) => path.replace('$roomId', randomUUID())))('%s is the page', async (path) => {
    for (const address of [path, `${path}?q=a&next=/api/x`, path.replace(/.$/, '$&/').replace('//', '/'), path.toUpperCase()]) {
      const answer = await get(address);
      expect([address, answer.status, answer.headers.get('content-type')]).toEqual([address, 200, 'text/html; charset=utf-8']);
    }
  });

  test.each([
    ...[
      '/api',
      '/api/',
      '/api/me/paintings',
      '/api/paintings',
      '/v1',
      '/v2/rooms',
      '/v2/rooms',
      '/openapi.json',
      '/graphql',
      '/trpc',
      '/trpc/x/y',
    ],
    ...['/nowhere', '/rooms', '/rooms/a/b', '/settings/all', '/assets/none.js', '/favicon.ico', '/.env', '/wp-login.php', '/healthz'],
  ])('%s is nothing, and says so to programs', async (path) => {
    const answer = await get(path);
    expect([path, answer.status, ((await answer.json()) as { error: { data: object } }).error.data]).toMatchObject([
      path,
      404,
      { appCode: 'NOT_FOUND' },
    ]);
  });

  test('an address that is nothing is a problem as RFC 9457 has them, with our code, whatever the method', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await get('/v2/rooms', { method });
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
      expect(await answer.json()).toEqual({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'There is no such procedure or page.',
        code: 'NOT_FOUND',
        error: { message: 'There is no such procedure or page.', data: { appCode: 'NOT_FOUND', httpStatus: 404 } },
      });
    }
  });

  test('a browser at an address that is nothing is shown the page, which leads back, and told that it is nothing', async () => {
    for (const path of ['/nowhere', '/rooms/a/b']) {
      const answer = await get(path, browser);
      expect([answer.status, await answer.text()]).toEqual([404, '<!doctype html><title>Parley</title>']);
      expect((await get(path, { ...browser, method: 'POST' })).headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });

  test.each(['/api', '/api/', '/api/paintings?q=1', '/API/users', '/v1', '/v2/rooms', '/trpc/x/y', '/openapi.json'])(
    'a browser at %s is told as a program is: nothing there is for people',
    async (path) => {
      const answer = await get(path, browser);
      expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([404, 'application/problem+json']);
    },
  );

  test('an address of the page that only begins like one for programs is the page', async () => {
    for (const path of ['/apis', '/v1x/rooms', '/trpcs'])
      expect((await get(path, browser)).headers.get('content-type')).toMatch(/^text\/html/);
  });

  test('an upgrade where no WebSockets are opened is refused with a problem that says where they are', async () => {
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    const answer = await rawHttp(world.api.port, `GET /socket HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      detail: 'No WebSockets are opened here. Open one at /ws or /trpc.',
    });
  });
});

describe('the caller’s address', () => {
  const register = (world: TestApi, username: string, forwarded: string) =>
    rawCall(world.api.url, 'mutation', 'auth.register', {
      input: { username, password: 'a good password' },
      headers: { 'x-forwarded-for': forwarded },
    });

  test('is the connection’s, whatever a header claims, unless a proxy is trusted', async () => {
    await using world = await createTestApi({ LIMIT_REGISTER_PER_10_MIN: '1' });
    expect((await register(world, 'first', '192.0.2.1')).status).toBe(200);
    expect((await register(world, 'second', '192.0.2.2')).error?.data.appCode).toBe('RATE_LIMITED');
  });

  test('behind a trusted proxy is what that proxy saw, not what the caller wrote before it', async () => {
    await using world = await createTestApi({ LIMIT_REGISTER_PER_10_MIN: '1', TRUST_PROXY: 'true', REGISTRATION: 'open' });
    expect((await register(world, 'first', '192.0.2.1')).status).toBe(200);
    expect((await register(world, 'second', '192.0.2.2')).status).toBe(200);
    expect((await register(world, 'third', 'made-up, 198.51.100.7, 192.0.2.2')).error?.data.appCode).toBe('RATE_LIMITED');
  });

  test('behind a trusted proxy the page’s own origin is the host that the proxy was asked for', async () => {
    const asked = { 'x-forwarded-host': 'chat.example', origin: 'https://chat.example' };
    for (const [trusted, status] of [
      ['true', 401],
      ['false', 403],
    ] as const) {
      await using world = await createTestApi({ TRUST_PROXY: trusted });
      expect((await readAnswer(await fetch(`${world.api.url}/trpc/auth.me`, { headers: asked }))).status).toBe(status);
    }
  });
});
