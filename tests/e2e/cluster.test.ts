import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createPostgresDb } from '@parley/db/postgres';
import { expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/servers/ports.mjs';
import { History } from './faults/harness/history.js';
import { talker, type Talker } from './faults/harness/people.js';
import { seeded } from './faults/harness/seeded.js';
import { settleAndCheck, until } from './faults/harness/settle.js';
import { startProgram, type RunningProcess } from './harness/processes.js';

const script = new URL('../../scripts/cluster.mjs', import.meta.url).pathname;

/** `npm run cluster`, as its script is run, with data of its own. */
async function startWholeCluster(): Promise<AsyncDisposable & { url: string; running: RunningProcess; databaseUrl: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
  // PostgreSQL and nginx's workers run as other accounts.
  chmodSync(directory, 0o755);
  const port = await freePort();
  const running = startProgram(script, {
    args: ['--port', String(port), '--data', directory],
    env: {
      LOG_LEVEL: 'warn',
      CHECK_ANSWERS: 'true',
      STOP_DRAIN_MS: '1000',
      DATABASE_STATEMENT_MS: '120000',
      DATABASE_CONNECT_MS: '120000',
    },
  });
  const stop = async () => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await running.printed(/Parley is at/);
  } catch (error) {
    await stop();
    throw error;
  }
  const password = readFileSync(join(directory, 'postgres/password'), 'utf8').trim();
  const databasePort = readFileSync(join(directory, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[3];
  return {
    url: `http://127.0.0.1:${port}`,
    running,
    databaseUrl: `postgresql://postgres:${password}@127.0.0.1:${databasePort}/postgres`,
    [Symbol.asyncDispose]: stop,
  };
}

/** Sends once by REST, on a connection of its own. @returns what went wrong, or null */
async function post(url: string, person: Talker, history: History, roomId: string, content: string): Promise<string | null> {
  const record = history.sent({ clientId: randomUUID(), userId: person.id, roomId, content });
  const body = JSON.stringify({ clientId: record.clientId, content });
  record.tries++;
  try {
    const call = request(`${url}/api/rooms/${roomId}/messages`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${person.client.auth.accessToken()}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if (response.statusCode !== 201) return `${response.statusCode} ${answer}`;
    const { message } = JSON.parse(answer) as { message: { id: string; seq: number } };
    record.acknowledged = { messageId: message.id, seq: message.seq };
    record.endedAt = performance.now();
    return null;
  } catch (error) {
    return String(error);
  }
}

test('a whole cluster under load is reloaded and restarted part by part, and no client sees an error', async () => {
  await using cluster = await startWholeCluster();
  const { url, running } = cluster;
  const database = await createPostgresDb({ url: cluster.databaseUrl, poolSize: 2 });
  const history = new History();
  const chance = seeded('rolling restart');
  const people: Talker[] = [];
  try {
    for (const name of ['rosa', 'sven', 'tove']) people.push(await talker(name, { url, history, chance, hasty: false }));
    const [rosa, sven, tove] = people as [Talker, Talker, Talker];
    const { id: roomId } = await rosa.client.trpc.rooms.create.mutate({ name: 'Under way' });
    for (const { client } of people.slice(1)) await client.trpc.rooms.join.mutate({ roomId });
    const readers = [
      ...people.map((person) => person.open(roomId)),
      rosa.readBy('tRPC', roomId, url),
      sven.readBy('SSE', roomId, url),
      tove.readBy('/ws', roomId, url),
    ];
    await until('everyone reads', () => readers.every((reader) => reader.connections() > 0));
    const before = readers.map((reader) => reader.connections());

    let over = false;
    const sent: Awaited<ReturnType<Talker['say']>>[] = [];
    const posted: (string | null)[] = [];
    const load = [
      ...people.map(async (person, index) => {
        for (let i = 0; !over; i++) {
          sent.push(await person.say(roomId, `${index === 0 && i % 20 === 0 ? '@ada what now? ' : ''}${person.name} ${i}`));
          await delay(100);
        }
      }),
      ...people.map(async (person) => {
        for (let i = 0; !over; i++) {
          posted.push(await post(url, person, history, roomId, `${person.name} posts ${i}`));
          // Below the limit of sends, and so that the load leaves the processes time to start.
          await delay(100);
        }
      }),
    ];
    try {
      const enough = async () => {
        const counts = [sent.length, posted.length];
        await until('more was sent', () => sent.length > counts[0]! + 10 && posted.length > counts[1]! + 10);
      };
      await enough();
      const nginx = Number(/nginx[^\n]*pid (\d+)[^\n]*APIs behind it/.exec(running.output())?.[1]);
      process.kill(nginx, 'SIGHUP');
      await enough();
      running.signal('SIGUSR2');
      await running.printed(/every API and worker was started anew/);
      await enough();
    } finally {
      over = true;
      await Promise.all(load);
    }
    expect(posted.filter((wrong) => wrong !== null)).toEqual([]);
    expect(sent.filter(({ acknowledged, refused }) => !acknowledged || refused !== null)).toEqual([]);
    expect(sent.filter(({ tries }) => tries > 1)).toEqual([]);
    const truth = await settleAndCheck({ database, trpc: rosa.client.trpc, history, roomId, readers });
    expect(truth.messages.filter(({ kind }) => kind === 'reply').map(({ status }) => status)).not.toContain('failed');
    // Every API was restarted, so whoever reads has moved.
    readers.forEach((reader, index) => expect(reader.connections()).toBeGreaterThan(before[index]!));
  } finally {
    await Promise.all(people.map((person) => person[Symbol.asyncDispose]()));
    await database.close();
  }
});
