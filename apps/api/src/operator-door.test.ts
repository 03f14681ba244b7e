import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestWorld } from '@parley/core/testing';
import { makeZip } from './imports/testing/make-zip.js';
import { slackExport } from './imports/testing/slack-export.js';
import { askForCopy, askForImport, askRunningServer, openOperatorDoor } from './operator-door.js';

let world: Awaited<ReturnType<typeof createTestWorld>>;
let dataDir: string;
let close: () => Promise<void>;
/** Copies that were begun and not ended. */
let copying = 0;
const beginCopy = async () => {
  if (copying > 0) throw new Error('a copy is under way');
  copying++;
  let ended: Promise<string> | undefined;
  return () =>
    (ended ??= Promise.resolve().then(() => {
      copying--;
      return 'a label';
    }));
};

beforeAll(async () => {
  world = await createTestWorld('pglite');
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-door-'));
  close = await openOperatorDoor(dataDir, world.deps, { beginCopy });
});
afterEach(async () => {
  await close();
  await rm(dataDir, { recursive: true });
});

const file = () => join(dataDir, 'admin-door.json');
const doorOf = async () => JSON.parse(await readFile(file(), 'utf8')) as { port: number; secret: string };

const line = (value: unknown) => `${JSON.stringify(value)}\n`;
const nonce = 'a nonce of more than twenty letters';

/**
 * Says bytes to the server, and goes on as `then` says for what it has answered so far.
 *
 * @returns all that the server says until it hangs up
 */
async function talk(bytes: string, then: (said: string) => string | null = () => null): Promise<string> {
  const { port } = await doorOf();
  return new Promise((resolve) => {
    let said = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', (chunk) => {
      said += chunk.toString();
      const next = said.endsWith('\n') ? then(said) : null;
      if (next !== null) socket.write(next);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(said));
    socket.write(bytes);
  });
}

/** Somebody else who listens where the server did, and hears what the command says. */
async function stranger(answers: readonly string[]) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    let turn = 0;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      const next = answers[turn++];
      if (next === undefined) socket.destroy();
      else socket.write(next);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

describe('the way of the operator’s command to a running server', () => {
  it('has the server do the task and brings the line back', async () => {
    expect(await askRunningServer(dataDir, ['--invite'])).toMatch(/^[\w-]{20,}$/);
  });

  it('brings back why the server refuses', async () => {
    await expect(askRunningServer(dataDir, ['--disable', 'nobody'])).rejects.toThrow('There is no account named “nobody”.');
    await expect(askRunningServer(dataDir, ['--of-a-later-version'])).rejects.toThrow('does not know this command');
  });

  it('lets one command at a time copy the database, and removes the copy when that command is gone, whatever became of it', async () => {
    for (const goesOn of [true, false]) {
      const copy = await askForCopy(dataDir);
      expect(copying).toBe(1);
      await mkdir(copy!.dataDir, { recursive: true });
      await writeFile(join(copy!.dataDir, 'file'), 'copied');
      await expect(askForCopy(dataDir)).rejects.toThrow(/perhaps another backup is under way/);
      // Others are served meanwhile.
      expect(await askRunningServer(dataDir, ['--invite'])).toMatch(/^[\w-]{20,}$/);
      if (goesOn) expect(await copy!.copied()).toBe('a label');
      expect(existsSync(copy!.dataDir)).toBe(true);
      copy!.close();
      await expect.poll(() => existsSync(copy!.dataDir)).toBe(false);
      await expect.poll(() => copying).toBe(0);
    }
  });

  it('ends a copy with the server, and a server that starts removes what one left that was killed', async () => {
    const copy = await askForCopy(dataDir);
    await mkdir(copy!.dataDir, { recursive: true });
    await close();
    await expect(copy!.copied()).rejects.toThrow('The server stopped while its database was copied: try again.');
    expect(copying).toBe(0);
    expect(existsSync(copy!.dataDir)).toBe(false);
    await mkdir(copy!.dataDir, { recursive: true });
    close = await openOperatorDoor(dataDir, world.deps, { beginCopy });
    expect(existsSync(copy!.dataDir)).toBe(false);
  });

  it('has the server import an export, one at a time, and brings back how far it is and what was done', async () => {
    const file = await makeZip(join(dataDir, 'export.zip'), slackExport);
    const options = {
      kind: 'slack',
      file,
      report: join(dataDir, 'report'),
      owner: 'tess',
      matchEmail: 'no',
      users: null,
      character: null,
      from: '',
    } as const;
    await expect(askForImport(dataDir, { ...options, owner: 'nobody' }, () => {})).rejects.toThrow('There is no account named “nobody”');
    const heard: string[] = [];
    const said = await askForImport(dataDir, options, async (line) => {
      heard.push(line);
      await expect(askForImport(dataDir, options, () => {})).rejects.toThrow('The server is importing already');
    });
    expect(said).toContain('Imported 2 rooms with 11 messages.');
    expect(heard.length).toBeGreaterThan(0);
    expect(await askForImport(dataDir, options, () => {})).toContain('Imported 0 rooms');
    const [audited] = await world.deps.db.$queryRaw<unknown[]>`
      select actor_kind, subject_kind, subject_name, detail from audit_log where event = 'room.imported' order by id limit 1`;
    expect(audited).toEqual({
      actor_kind: 'operator',
      subject_kind: 'room',
      subject_name: 'general',
      detail: { messages: 10, members: 1, from: 'slack:T0TEAM' },
    });
  });

  it('is for the user alone whose server it is', async () => {
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const { secret } = await doorOf();
    for (const bytes of [
      line({ token: secret, args: ['--invite'] }),
      'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
      'x'.repeat(100_000),
      '\n',
    ]) {
      expect(await talk(bytes)).toBe('');
    }
    const text = '["--invite"]';
    for (const proof of ['', 'x', null, secret, 'x'.repeat(43)]) {
      const said = await talk(line({ nonce }), () => line({ text, proof }));
      // Its own nonce and proof, and nothing else.
      expect(said.trimEnd().split('\n')).toHaveLength(1);
      expect(said).not.toContain(secret);
    }
    // The server’s own proof, sent back to it.
    const said = await talk(line({ nonce }), (welcome) => line({ text: '', proof: (JSON.parse(welcome) as { proof: string }).proof }));
    expect(said.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is of no use to whoever heard a command: each is proven for its own connection', async () => {
    const { port, secret } = await doorOf();
    const sent: string[] = [];
    const between = createServer((socket) => {
      const there = connect({ port, host: '127.0.0.1' });
      socket.on('data', (chunk) => {
        sent.push(chunk.toString());
        there.write(chunk);
      });
      there.pipe(socket);
      for (const end of [socket, there]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    await writeFile(file(), JSON.stringify({ port: (between.address() as AddressInfo).port, secret }));
    expect(await askRunningServer(dataDir, ['--invite'])).toMatch(/^[\w-]{20,}$/);
    await new Promise<void>((resolve) => void between.close(() => resolve()));
    await writeFile(file(), JSON.stringify({ port, secret }));
    expect(sent).toHaveLength(2);
    expect(sent.join('')).not.toContain(secret);
    expect((await talk(sent[0]!, () => sent[1]!)).trimEnd().split('\n')).toHaveLength(1);
  });

  it('tells a stranger who listens there neither the secret nor what it was to do, and believes nothing they say', async () => {
    const { secret } = await doorOf();
    const proof = 'x'.repeat(43);
    const forged = line({ text: line({ line: 'a password for all' }), proof });
    for (const answers of [
      [],
      ['nonsense\n'],
      [line({ line: 'done' })],
      [line({ nonce, proof }), forged],
      ['x'.repeat(100_000)],
      [line({ nonce, proof: '' })],
    ]) {
      await using somebody = await stranger(answers);
      await writeFile(file(), JSON.stringify({ port: somebody.port, secret }));
      expect(await askRunningServer(dataDir, ['--reset', 'somebody'])).toBeNull();
      expect(somebody.heard).toHaveLength(1);
      expect(somebody.heard[0]).not.toMatch(/somebody|reset/);
      expect(somebody.heard[0]).not.toContain(secret);
    }
  });

  it('does not believe an answer that only follows a right welcome', async () => {
    const { port, secret } = await doorOf();
    // Somebody between the two who lets everything through but the answer.
    const between = createServer((socket) => {
      const there = connect({ port, host: '127.0.0.1' });
      socket.pipe(there);
      let lines = 0;
      there.on('data', (chunk) => {
        const said = chunk.toString();
        socket.write(lines++ === 0 ? said : said.replace(/line/, 'refused'));
      });
      for (const end of [socket, there]) end.on('error', () => {});
    });
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
    await writeFile(file(), JSON.stringify({ port: (between.address() as AddressInfo).port, secret }));
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
    await new Promise<void>((resolve) => void between.close(() => resolve()));
  });

  it('leads nowhere once the server has closed, or where none ever was', async () => {
    const { port, secret } = await doorOf();
    await close();
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
    await writeFile(file(), JSON.stringify({ port, secret }));
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
    await writeFile(file(), '{');
    expect(await askRunningServer(dataDir, ['--invite'])).toBeNull();
  });
});
