import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorld } from '@parley/core/testing';
import { askRunningServer, openOperatorDoor } from './operator-door.js';

let world: Awaited<ReturnType<typeof createTestWorld>>;
let dataDir: string;
let close: () => Promise<void>;

beforeAll(async () => {
  world = await createTestWorld('pglite');
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-door-'));
  close = await openOperatorDoor(dataDir, world.deps);
});
afterEach(async () => {
  await close();
  await rm(dataDir, { recursive: true });
});

const file = () => join(dataDir, 'admin-door.json');
const doorOf = async () => JSON.parse(await readFile(file(), 'utf8')) as { port: number; token: string };

/** All that the server answers to these bytes until it hangs up. */
async function answerTo(bytes: string): Promise<string> {
  const { port } = await doorOf();
  return new Promise((resolve) => {
    let said = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', (chunk) => (said += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
    socket.write(bytes);
  });
}

describe('the way of the operator’s command to a running server', () => {
  it('has the server do the task and brings the line back', async () => {
    expect(await askRunningServer(dataDir, ['--invite'])).toMatch(/^[\w-]{20,}$/);
  });

  it('brings back why the server refuses', async () => {
    await expect(askRunningServer(dataDir, ['--disable', 'nobody'])).rejects.toThrow('There is no account named “nobody”.');
    await expect(askRunningServer(dataDir, ['--of-a-later-version'])).rejects.toThrow('does not know this command');
  });

  it('is for the user alone whose server it is', async () => {
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const { token } = await doorOf();
    const task = (given: unknown) => `${JSON.stringify({ token: given, args: ['--invite'] })}\n`;
    expect(await answerTo(task(token))).toMatch(/"line"/);
    for (const bytes of [
      task('x'),
      task(''),
      task(null),
      task(`${token}x`),
      'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
      'x'.repeat(100_000),
      '\n',
    ]) {
      expect(await answerTo(bytes)).toBe('');
    }
  });

  it('leads nowhere once the server has closed, or where none ever was', async () => {
    const { port, token } = await doorOf();
    await close();
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
    await writeFile(file(), JSON.stringify({ port, token }));
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
    await writeFile(file(), '{');
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
  });
});
