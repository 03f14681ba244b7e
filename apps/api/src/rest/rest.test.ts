import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';
import { createTestApi } from '../testing/test-api.js';
import { restOf } from '../testing/rest-of.js';

describe('REST', () => {
  test('a person registers, makes a room, speaks, reads it and finds it, by plain HTTP, as tRPC shows it', async () => {
    await using world = await createTestApi();
    const registered = await restOf(world)('POST', '/api/auth/register', { username: 'olga', password: 'a good password' });
    expect(registered).toMatchObject({ status: 201, body: { user: { username: 'olga' } } });
    const { accessToken } = registered.body as { accessToken: string };
    const rest = restOf(world, accessToken);
    const trpc = world.as(accessToken);
    const room = await rest('POST', '/api/rooms', { name: 'Harbour' });
    expect(room).toMatchObject({ status: 201, body: { name: 'Harbour', visibility: 'public' } });
    const { id: roomId } = room.body as { id: string };
    const sent = await rest('POST', `/api/rooms/${roomId}/messages`, { clientId: crypto.randomUUID(), content: 'the tide is in' });
    expect(sent).toMatchObject({ status: 201, body: { message: { content: 'the tide is in' }, replies: [] } });
    expect((await rest('GET', `/api/rooms/${roomId}`)).body).toEqual(await trpc.rooms.get.query({ roomId }));
    expect((await rest('GET', `/api/rooms/${roomId}/messages?limit=1`)).body).toEqual(await trpc.messages.list.query({ roomId, limit: 1 }));
    expect((await rest('GET', '/api/search?query=tide')).body).toEqual(await trpc.messages.search.query({ query: 'tide' }));
    expect((await rest('GET', '/api/me')).body).toEqual(await trpc.auth.me.query());
  });

  test('who has no account is asked for one before anything of the request is judged', async () => {
    await using world = await createTestApi();
    const rest = restOf(world);
    for (const [method, path, body] of [
      ['GET', '/api/rooms?colour=red', undefined],
      ['POST', '/api/rooms', '[]'],
      ['PATCH', '/api/rooms/none', { colour: 'red' }],
    ] as const) {
      expect(await rest(method, path, body)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED', status: 401 } });
    }
  });

  describe('what is asked for', () => {
    const world = sharedApi('pglite');
    let rest: ReturnType<typeof restOf>;
    let roomId: string;
    beforeAll(async () => {
      const olga = await world().register('olga');
      rest = restOf(world(), olga.accessToken);
      roomId = (await olga.http.rooms.create.mutate({ name: 'Harbour' })).id;
    });

    test.each<[string, string, unknown, string]>([
      ['GET', '/api/rooms?colour=red', undefined, 'colour'],
      ['GET', '/api/me?colour=red', undefined, 'colour'],
      ['GET', '/api/rooms/ROOM/messages?limit=ten', undefined, 'limit'],
      ['GET', '/api/rooms/ROOM/messages?limit=0', undefined, 'limit'],
      ['GET', '/api/rooms/ROOM/messages?limit=1&limit=2', undefined, 'limit'],
      ['GET', `/api/rooms/ROOM?roomId=${randomUUID()}`, undefined, 'roomId'],
      ['GET', '/api/rooms/here', undefined, 'roomId'],
      ['POST', '/api/rooms', { name: 'A', colour: 'red' }, 'colour'],
      ['POST', '/api/rooms?name=A', undefined, 'name'],
      ['POST', '/api/rooms', {}, 'name'],
      ['POST', '/api/rooms', '{"name":"A","__proto__":{}}', '__proto__'],
      ['POST', '/api/characters', { handle: 'cy', name: 'Cy', systemPrompt: '', avatar: { hue: 1, glyph: null, size: 2 } }, 'avatar.size'],
      ['PATCH', '/api/rooms/ROOM', { roomId: randomUUID(), topic: 'T' }, 'roomId'],
      ['PUT', '/api/rooms/ROOM/mute', { muted: false }, 'muted'],
      ['DELETE', '/api/rooms/ROOM/members', undefined, 'username'],
    ])('%s %s with %j is refused, and the field named', async (method, path, body, field) => {
      const answer = await rest(method, path.replace('ROOM', roomId), body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION', error: { data: { field } } } });
      expect((answer.body as { detail: string }).detail).toMatch(new RegExp(`^${field}: .+\\.$`));
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    });

    test.each(['[]', '"text"', '1', 'null', '{', '{"name":"A"} {}'])('a body that is no object is refused: %s', async (body) => {
      expect(await rest('POST', '/api/rooms', body)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION', detail: 'The body must be a JSON object, sent with the header “content-type: application/json”.' },
      });
    });

    test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
      'a body of %s is refused',
      async (type) => {
        const answer = await rest('POST', '/api/rooms', '{"name":"A"}', { 'content-type': type });
        expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
        expect((answer.body as { detail: string }).detail).toContain('content-type: application/json');
      },
    );

    test('numbers and switches come out of the query, the path and the body may say the same, and upper case is the same id', async () => {
      expect(await rest('GET', `/api/rooms/${roomId.toUpperCase()}/messages?limit=1&after=0`)).toMatchObject({ status: 200 });
      expect(await rest('PATCH', `/api/rooms/${roomId}`, { roomId, topic: 'Tides' })).toMatchObject({
        status: 200,
        body: { topic: 'Tides' },
      });
      expect(await rest('PUT', `/api/rooms/${roomId}/mute`)).toMatchObject({ body: { muted: true } });
      expect(await rest('DELETE', `/api/rooms/${roomId}/mute`)).toMatchObject({ body: { muted: false } });
    });

    test('a message is read, reacted to, pinned, edited and deleted by its address', async () => {
      const { body } = await rest('POST', `/api/rooms/${roomId}/messages`, { content: 'ahoy' });
      const { id } = (body as { message: { id: string } }).message;
      const path = `/api/messages/${id}`;
      const emoji = encodeURIComponent('👍');
      expect(await rest('GET', path)).toMatchObject({ status: 200, body: { id, content: 'ahoy' } });
      expect(await rest('PUT', `${path}/reactions/${emoji}`)).toMatchObject({
        status: 200,
        body: { reactions: [{ emoji: '👍', count: 1 }] },
      });
      expect(await rest('DELETE', `${path}/reactions/${emoji}`)).toMatchObject({ body: { reactions: [] } });
      expect(await rest('PUT', `${path}/pin`)).toMatchObject({ body: { pinnedAt: expect.any(String) as string } });
      expect((await rest('GET', `/api/rooms/${roomId}/pins`)).body).toMatchObject([{ id }]);
      expect(await rest('DELETE', `${path}/pin`)).toMatchObject({ body: { pinnedAt: null } });
      expect(await rest('PATCH', path, { content: 'ahoy again' })).toMatchObject({ body: { content: 'ahoy again' } });
      expect(await rest('DELETE', path)).toMatchObject({ body: { deletedAt: expect.any(String) as string } });
    });

    test('members and characters come and go by their addresses', async () => {
      await world().register('mia');
      const members = `/api/rooms/${roomId}/members`;
      expect(await rest('POST', members, { username: 'mia' })).toMatchObject({ status: 201, body: { user: { username: 'mia' } } });
      expect(await rest('PATCH', `${members}/mia`, { role: 'moderator' })).toMatchObject({ status: 200, body: { role: 'moderator' } });
      expect(await rest('DELETE', `${members}?username=mia`)).toMatchObject({ status: 200 });
      const made = await rest('POST', '/api/characters', { handle: 'keeper', name: 'Keeper', systemPrompt: 'You keep the harbour.' });
      const { id: characterId } = (made.body as { character: { id: string } }).character;
      expect(await rest('POST', `/api/rooms/${roomId}/characters`, { characterId })).toMatchObject({ status: 201 });
      expect((await rest('GET', `/api/rooms/${roomId}/characters`)).body).toContainEqual(
        expect.objectContaining({ character: expect.objectContaining({ handle: 'keeper' }) as unknown }),
      );
      expect(await rest('GET', `/api/characters/id/${characterId}`)).toEqual(
        expect.objectContaining({ status: 200, body: (await rest('GET', `/api/characters/${characterId}`)).body }),
      );
      expect(await rest('DELETE', `/api/rooms/${roomId}/characters/${characterId}`)).toMatchObject({ status: 200 });
    });

    test('methods that an address does not take are told those that it takes', async () => {
      for (const [method, path, allow] of [
        ['DELETE', '/api/rooms', 'GET, HEAD, POST, OPTIONS'],
        ['POST', `/api/rooms/${roomId}`, 'GET, HEAD, PATCH, OPTIONS'],
        ['GET', '/api/auth/login', 'POST, OPTIONS'],
        ['GET', '/api/rooms/import', 'POST, OPTIONS'],
        ['PUT', '/api/me/export', 'GET, HEAD, OPTIONS'],
        ['POST', '/api/openapi.json', 'GET, HEAD, OPTIONS'],
      ] as const) {
        const answer = await rest(method, path);
        expect([method, path, answer.status, answer.headers.get('allow')]).toEqual([method, path, 405, allow]);
        expect(answer.body).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405 });
      }
      const head = await rest('HEAD', `/api/rooms/${roomId}`);
      expect([head.status, head.body]).toEqual([200, '']);
      expect((await rest('HEAD', '/api/auth/login')).status).toBe(405);
    });

    test('an answer that is had already is not sent again', async () => {
      for (const path of [`/api/rooms/${roomId}`, '/api/me', '/api/openapi.json']) {
        const tag = (await rest('GET', path)).headers.get('etag')!;
        const again = await rest('GET', path, undefined, { 'if-none-match': `"other", W/${tag}` });
        expect([path, again.status, again.body, again.headers.get('etag')]).toEqual([path, 304, '', tag]);
        expect((await rest('GET', path, undefined, { 'if-none-match': '"other"' })).status).toBe(200);
      }
      const before = (await rest('GET', `/api/rooms/${roomId}`)).headers.get('etag')!;
      await rest('PATCH', `/api/rooms/${roomId}`, { topic: 'Ships' });
      expect((await rest('GET', `/api/rooms/${roomId}`, undefined, { 'if-none-match': before })).status).toBe(200);
    });

    test('who says by If-Match what they read changes nothing that was changed since', async () => {
      const { body: made } = await rest('POST', '/api/characters', {
        handle: 'warden',
        name: 'Warden',
        systemPrompt: 'You keep the harbour.',
      });
      const { character } = made as { character: { id: string } };
      const changes = [
        [`/api/rooms/${roomId}`, { topic: 'Tides' }, { topic: 'Winds' }],
        [`/api/characters/${character.id}`, { tagline: 'Tides' }, { tagline: 'Winds' }],
      ] as const;
      for (const [path, first, second] of changes) {
        const tag = (await rest('GET', path)).headers.get('etag')!;
        // What is said in a room is no change of the room.
        await rest('POST', `/api/rooms/${roomId}/messages`, { content: 'Hello' });
        expect([path, (await rest('PATCH', path, first, { 'if-match': `"other", ${tag}` })).status]).toEqual([path, 200]);
        for (const stale of [tag, `W/${(await rest('GET', path)).headers.get('etag')!}`, '"other"', 'no tag']) {
          const refused = await rest('PATCH', path, second, { 'if-match': stale });
          expect([path, stale, refused.status, refused.body]).toEqual([
            path,
            stale,
            412,
            expect.objectContaining({ code: 'PRECONDITION_FAILED', status: 412 }),
          ]);
        }
        expect((await rest('GET', path)).body).not.toMatchObject(second);
        for (const good of [(await rest('GET', path)).headers.get('etag')!, '*'])
          expect([path, (await rest('PATCH', path, second, { 'if-match': good })).status]).toEqual([path, 200]);
        const { body } = await rest('PATCH', path, { ...first, ifVersion: ['x'] }, { 'if-match': tag });
        expect(body).toMatchObject({ code: 'VALIDATION', error: { data: { field: 'ifVersion' } } });
      }
      const elsewhere = await rest('PATCH', '/api/me', { displayName: 'Olga' }, { 'if-match': '"x"' });
      expect(elsewhere).toMatchObject({ status: 400, body: { code: 'VALIDATION', error: { data: { field: 'If-Match' } } } });
    });

    test('lists come by pages to whoever asks for pages, each once and in the order of the whole', async () => {
      for (let n = 0; n < 4; n++) await rest('POST', '/api/rooms', { name: `Pier ${n}` });
      for (const path of ['/api/rooms', '/api/rooms/public', '/api/characters', '/api/rooms?scope=public']) {
        const whole = await rest('GET', path);
        expect([path, whole.status, whole.headers.get('link')]).toEqual([path, 200, null]);
        const read: unknown[] = [];
        let next: string | null = `${path}${path.includes('?') ? '&' : '?'}limit=2`;
        while (next) {
          const page = await rest('GET', next);
          expect([next, page.status]).toEqual([next, 200]);
          read.push(...(page.body as unknown[]));
          const link = page.headers.get('link');
          if (link) expect(page.body).toHaveLength(2);
          next = link && /^<(\/api\/[^>]*)>; rel="next"$/.exec(link)![1]!;
        }
        expect(read).toEqual(whole.body);
      }
      for (const [query, field] of [
        ['limit=0', 'limit'],
        ['limit=x', 'limit'],
        ['limit=1&limit=2', 'limit'],
        ['after=x', 'after'],
        [`after=${Buffer.from(randomUUID()).toString('base64url')}`, 'after'],
      ])
        expect(await rest('GET', `/api/rooms?${query}`)).toMatchObject({
          status: 400,
          body: { code: 'VALIDATION', error: { data: { field } } },
        });
    });

    test('nothing that holds a secret may be stored by anyone between', async () => {
      const login = { username: 'olga', password: 'password of olga' };
      const answer = await rest('POST', '/api/auth/token', login);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const { token, accessToken } = answer.body as Record<string, string>;
      expect(token).toBe(accessToken);
      expect((await rest('GET', '/api/me')).headers.get('cache-control')).toBe('private, no-cache');
    });

    test('bodies that would hold the process are refused before they are parsed, and the next request is served', async () => {
      const hostile: [body: string, status: number, code: string][] = [
        [`${'{"a":'.repeat(200_000)}1`, 400, 'VALIDATION'],
        [`{"name":[${'1,'.repeat(200_000)}1]}`, 400, 'VALIDATION'],
        [JSON.stringify({ name: 'x'.repeat(3 * 1024 * 1024) }), 413, 'PAYLOAD_TOO_LARGE'],
        [JSON.stringify({ ['k'.repeat(1_000_000)]: 1 }), 400, 'VALIDATION'],
      ];
      for (const [body, status, code] of hostile) {
        const answer = await rest('POST', '/api/rooms', body);
        expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code]);
        expect(JSON.stringify(answer.body).length).toBeLessThan(2_000);
      }
      expect((await rest('GET', '/api/me')).status).toBe(200);
    });

    test('tokens and keys are told from what is none', async () => {
      const signedIn = (await rest('POST', '/api/auth/login', { username: 'olga', password: 'password of olga' })).body as Record<
        string,
        string
      >;
      const made = (await rest('POST', '/api/keys', { name: 'script', scopes: ['rooms:read'] })).body as { id: string; key: string };
      const validate = async (token: string) => (await restOf(world())('POST', '/api/auth/validate', { token })).body;
      expect(await validate(signedIn['token']!)).toMatchObject({
        valid: true,
        user: { username: 'olga' },
        expiresAt: signedIn['expiresAt'],
      });
      expect(await validate(made.key)).toEqual({ valid: true, user: expect.objectContaining({ username: 'olga' }) as unknown });
      await rest('DELETE', `/api/keys/${made.id}`);
      for (const token of [made.key, 'made.up.token', '', 'parley_none']) expect(await validate(token)).toEqual({ valid: false });
    });
  });

  test('pages of other origins that are allowed may use every method, and see the headers', async () => {
    const origin = 'https://app.example.org';
    await using world = await createTestApi({ PUBLIC_ORIGINS: origin });
    const asked = { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization, idempotency-key' };
    const preflight = await fetch(`${world.api.url}/api/me`, { method: 'OPTIONS', headers: asked });
    expect(preflight.headers.get('access-control-allow-methods')).toMatch(/PUT.*PATCH.*DELETE/);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    const answer = await fetch(`${world.api.url}/api/me`, { headers: { origin } });
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/ratelimit.*etag/i);
    const refused = await fetch(`${world.api.url}/api/me`, { headers: { origin: 'https://elsewhere.example.org' } });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'FORBIDDEN_ORIGIN']);
  });

  test('a caller is told what is left of the limits, and when the wait is over', async () => {
    await using world = await createTestApi({ LIMIT_SEND_PER_10_S: '2' });
    const olga = await world.register('olga');
    const { id } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
    const send = () => restOf(world, olga.accessToken)('POST', `/api/rooms/${id}/messages`, { content: 'ahoy' });
    const answers = [await send(), await send(), await send()];
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit-policy'))).toEqual(Array(3).fill('"send";q=2;w=10'));
    expect(answers.map(({ headers }) => /^"send";r=(\d+);t=\d+$/.exec(headers.get('ratelimit')!)![1])).toEqual(['1', '0', '0']);
    expect(Number(answers[2]!.headers.get('retry-after'))).toBeGreaterThan(0);
    const free = await restOf(world, olga.accessToken)('GET', '/api/rooms');
    expect([free.headers.get('ratelimit'), free.headers.get('ratelimit-policy')]).toEqual([null, null]);
  });
});
