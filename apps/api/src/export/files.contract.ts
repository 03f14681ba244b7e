import { randomUUID } from 'node:crypto';
import { maxRoomFileBytes, type RoomView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';
import type { TestUser } from '../testing/test-api.js';

export function filesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`files on ${kind}`, () => {
    const world = sharedApi(kind);
    const person = (name: string) => world().register(`${name}-${randomUUID().slice(0, 8)}`);
    const call = (path: string, user: TestUser | null, init: RequestInit = {}) =>
      fetch(`${world().api.url}${path}`, {
        ...init,
        headers: {
          ...(user ? { authorization: `Bearer ${user.accessToken}` } : {}),
          ...(init.headers as Record<string, string> | undefined),
        },
      });
    const bring = (user: TestUser | null, body: string | ReadableStream, headers: Record<string, string> = {}, signal?: AbortSignal) =>
      call('/api/rooms/import', user, {
        method: 'POST',
        body,
        headers,
        ...(typeof body === 'string' ? {} : { duplex: 'half' }),
        ...(signal ? { signal } : {}),
      });
    const refusal = async (response: Response) => ({
      status: response.status,
      code: ((await response.json()) as { error: { data: { appCode: string } } }).error.data.appCode,
    });

    async function room(messages: number): Promise<{ owner: TestUser; roomId: string }> {
      const owner = await person('olga');
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
      for (let n = 1; n <= messages; n++) {
        await owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `käse ${n}` });
      }
      return { owner, roomId };
    }

    test('a room goes out as a file and comes back as another room', async () => {
      const { owner, roomId } = await room(55);
      const response = await call(`/api/rooms/${roomId}/export`, owner);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch('application/x-ndjson');
      expect(response.headers.get('content-disposition')).toBe(`attachment; filename="room-${roomId}.jsonl"`);
      const file = await response.text();
      expect(file.trimEnd().split('\n')).toHaveLength(57);

      for (const type of ['application/x-ndjson', 'application/json', 'text/plain;charset=utf-8']) {
        const imported = await bring(owner, file, { 'content-type': type });
        expect(imported.status).toBe(201);
        const { room: copy, messages } = (await imported.json()) as { room: RoomView; messages: number };
        expect({ messages, name: copy.name, visibility: copy.visibility }).toEqual({
          messages: 55,
          name: 'Harbour',
          visibility: 'private',
        });
        const { items } = await owner.http.messages.list.query({ roomId: copy.id, before: 56, limit: 3 });
        expect(items.map(({ content }) => content)).toEqual(['käse 53', 'käse 54', 'käse 55']);
      }
    });

    test('one’s own account goes out as a file', async () => {
      const { owner } = await room(3);
      const response = await call('/api/me/export', owner);
      expect(response.status).toBe(200);
      const lines = (await response.text())
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type);
      expect(lines).toEqual(['account', 'session', 'membership', 'membership', 'message', 'message', 'message', 'row', 'row', 'end']);
    });

    test('nobody gets a file without a token, by a cookie, or of a room that is not theirs to see', async () => {
      const { owner, roomId } = await room(1);
      const stranger = await person('sam');
      const { port } = new URL(world().api.url);
      const cookie = { cookie: `parley_refresh=${owner.refreshToken}; parley_refresh_${port}=${owner.refreshToken}` };
      for (const path of [`/api/rooms/${roomId}/export`, '/api/me/export']) {
        expect(await refusal(await call(path, null, { headers: cookie }))).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
      }
      expect(await refusal(await bring(null, 'x', cookie))).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
      const refusals = await Promise.all(
        [roomId, randomUUID(), 'nonsense', '..%2f..'].map(async (id) => refusal(await call(`/api/rooms/${id}/export`, stranger))),
      );
      for (const refused of refusals) expect(refused).toEqual({ status: 404, code: 'ROOM_NOT_FOUND' });
    });

    test('a file that is wrong is refused with its line, and no room is made', async () => {
      const { owner, roomId } = await room(2);
      const file = await (await call(`/api/rooms/${roomId}/export`, owner)).text();
      const before = (await owner.http.rooms.list.query({ scope: 'joined' })).length;
      const answer = await bring(owner, file.replace('"content":"käse 2"', '"content":2'));
      const { error } = (await answer.json()) as { error: { message: string; data: { appCode: string; field: string } } };
      expect({ status: answer.status, ...error.data, message: error.message }).toMatchObject({
        status: 400,
        appCode: 'VALIDATION',
        field: 'line 3',
        message: expect.stringMatching(/^Line 3: message\.content/) as string,
      });
      for (const body of ['', '{}', 'x'.repeat(1000)])
        expect(await refusal(await bring(owner, body))).toEqual({ status: 400, code: 'VALIDATION' });
      expect(await owner.http.rooms.list.query({ scope: 'joined' })).toHaveLength(before);
    });

    test('a file too large is refused, whether it says so first or not', async () => {
      const { owner } = await room(0);
      const said = await bring(owner, '\n'.repeat(maxRoomFileBytes + 1)).then(refusal);
      expect(said).toEqual({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
      const piece = new Uint8Array(1024 * 1024).fill(0x78);
      let pieces = 0;
      const stream = new ReadableStream({
        pull(controller) {
          if (pieces++ > 60) controller.close();
          else controller.enqueue(piece);
        },
      });
      // The server answers before it has read the whole file, and goes on reading until the client has the answer.
      expect(await bring(owner, stream).then(refusal)).toEqual({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
    });

    test('files are calls: measured by the name of their operation', async () => {
      const { owner, roomId } = await room(1);
      await (await call(`/api/rooms/${roomId}/export`, owner)).text();
      await (await bring(owner, 'x')).text();
      const metrics = await (await call('/metrics', null)).text();
      expect(metrics).toMatch(/^parley_call_seconds_count\{path="rooms.export",type="file",outcome="ok"\} \d+$/m);
      expect(metrics).toMatch(/^parley_call_seconds_count\{path="rooms.import",type="file",outcome="error"\} \d+$/m);
    });

    test('who hangs up in the middle leaves no room behind', async () => {
      const { owner, roomId } = await room(3);
      const file = await (await call(`/api/rooms/${roomId}/export`, owner)).text();
      const count = () => world().database.db.room.count();
      const before = await count();
      const abort = new AbortController();
      let sent: () => void = () => {};
      const half = new Promise<void>((resolve) => {
        sent = resolve;
      });
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(file.slice(0, file.length / 2)));
        },
        pull: () => sent(),
      });
      const importing = bring(owner, body, {}, abort.signal);
      await half;
      await expect.poll(count).toBe(before + 1);
      abort.abort();
      await expect(importing).rejects.toThrow();
      await expect.poll(count).toBe(before);
    });
  });
}
