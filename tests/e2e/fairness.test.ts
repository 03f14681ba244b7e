import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, register } from './harness/person.js';
import { startProcess } from './harness/processes.js';
import { RawSocket } from './harness/raw-socket.js';

const tooMany = { error: { data: { appCode: 'RATE_LIMITED', retryAfterMs: 1_000 } } };

test('thousands of calls on one socket hold up whoever made them, and nobody else', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-fairness-'));
  // The socket by hand answers no pings.
  const server = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir, SOCKET_PING_MS: '600000' });
  try {
    const [, url = ''] = await server.printed(/Parley is at (http\S+)/);
    await using ann = await register(url, 'ann');
    await using bob = await register(url, 'bob');
    const { id: roomId } = await bob.http.rooms.create.mutate({ name: 'Quiet' });
    await bob.socket.auth.me.query();
    const noisy = await RawSocket.open(`${url.replace('http', 'ws')}/trpc?connectionParams=1`);
    noisy.signIn(ann.accessToken);
    for (let id = 1; id <= 3_000; id++) {
      noisy.text(JSON.stringify({ id, jsonrpc: '2.0', method: 'query', params: { path: 'rooms.list', input: { scope: 'joined' } } }));
    }
    // The first answers are there, and thousands of calls wait for theirs.
    let first = 20;
    await noisy.message(() => --first === 0);
    const answered = () => noisy.messages.filter((text) => text.includes('"result"')).length;
    const before = answered();
    const { message } = await bob.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'hello' });
    expect(message).toMatchObject({ content: 'hello' });
    expect(answered() - before).toBeLessThan(200);
    // They are answered all the same, or told to wait.
    let left = 3_000;
    await noisy.message(() => --left === 0);
    expect(answered()).toBeGreaterThan(900);
    for (const text of noisy.messages) if (text.includes('"error"')) expect(JSON.parse(text)).toMatchObject(tooMany);
    noisy.destroy();
    // Nothing is left of it.
    expect(await ann.socket.auth.me.query()).toMatchObject({ username: 'ann' });
    await connect(url, ann).http.rooms.create.mutate({ name: 'Later' });
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
