// Makes the data of an earlier commit, for the test of upgrades: node scripts/upgrade-fixture.mjs <commit>
//
// The commit's own code writes them: it is checked out beside this tree, built with what is installed here, and started in the embedded
// shape; then its calls are made. What they leave in the database becomes a backup, and what the server said of it the test's measure.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createPgliteDb } from '../packages/db/dist/pglite.js';
import { writeBackup } from '../packages/db/dist/backup/index.js';
import { root } from './lib/paths.mjs';

const [commit] = process.argv.slice(2);
if (!commit) throw new Error('name a commit: node scripts/upgrade-fixture.mjs <commit>');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const short = git('rev-parse', '--short=8', commit);
const name = `${git('show', '-s', '--format=%cs', commit)}-${short}`;
const home = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
const tree = join(home, 'tree');
const dataDir = join(home, 'data');
const recorder = join(tree, 'record-statements.mjs');
const statements = join(home, 'statements');

/** Has a process write each statement that it gives its database, once, to a file. */
const recording = `
import { appendFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
const seen = new Set();
const { query } = PGlite.prototype;
PGlite.prototype.query = function (sql, ...rest) {
  if (!seen.has(sql)) appendFileSync(process.env.STATEMENTS_FILE, JSON.stringify(sql) + '\\n');
  seen.add(sql);
  return query.call(this, sql, ...rest);
};
`;

try {
  git('worktree', 'add', '--detach', tree, short);
  build();
  const said = await fill();
  await keep(said);
} finally {
  git('worktree', 'remove', '--force', tree);
  rmSync(home, { recursive: true, force: true });
}

/** The tree of the commit, built by what is installed here. */
function build() {
  execFileSync('cp', ['-al', join(root, 'node_modules'), join(tree, 'node_modules')]);
  rmSync(join(tree, 'node_modules/.cache'), { recursive: true, force: true });
  for (const folder of git('ls-files', '*/package.json')
    .split('\n')
    .map((file) => file.replace('/package.json', ''))) {
    const installed = join(root, folder, 'node_modules');
    if (existsSync(installed) && existsSync(join(tree, folder)))
      cpSync(installed, join(tree, folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  }
  const run = (...args) => {
    try {
      execFileSync(process.execPath, args, { cwd: tree, stdio: 'inherit' });
    } catch {
      // Types of newer libraries may not fit; what was made all the same runs or does not. A task that the commit has not is not needed.
      console.error(`${args.join(' ')} was not happy`);
    }
  };
  run('node_modules/turbo/bin/turbo', 'run', 'generate', '--force', '--output-logs=errors-only');
  run('node_modules/typescript/bin/tsc', '-b');
  run('node_modules/turbo/bin/turbo', 'run', 'blank', '--force', '--output-logs=errors-only');
  // The page is not needed, but its folder is looked for.
  mkdirSync(join(tree, 'apps/web/dist'), { recursive: true });
  writeFileSync(join(tree, 'apps/web/dist/index.html'), '<!doctype html>');
}

/** Starts the commit's server, has it write rows of all kinds, and stops it. @returns what it said of them, as it would to its page */
async function fill() {
  writeFileSync(recorder, recording);
  writeFileSync(statements, '');
  const server = spawn(process.execPath, ['--import', recorder, join(tree, 'apps/standalone/dist/main.js')], {
    cwd: tree,
    env: {
      STATEMENTS_FILE: statements,
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      DATA_DIR: dataDir,
      REGISTRATION: 'open',
      WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
      BUILT_IN_WORDS_PER_SECOND: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => server.on('exit', resolve));
  try {
    const url = await new Promise((resolve, reject) => {
      let printed = '';
      server.stdout.on('data', (chunk) => {
        printed += chunk;
        const found = /Parley is at (http:\/\/\S+)/.exec(printed);
        if (found) resolve(found[1]);
      });
      server.on('exit', () => reject(new Error(`the server ended: ${printed.slice(-2_000)}`)));
    });
    return await calls(url);
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
}

async function calls(url) {
  const call = async (person, path, input, method = 'POST') => {
    const headers = { 'content-type': 'application/json', ...(person && { authorization: `Bearer ${person.accessToken}` }) };
    const query = method === 'GET' ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
    const response = await fetch(`${url}/trpc/${path}${query}`, {
      method,
      headers,
      ...(method === 'POST' && { body: JSON.stringify(input) }),
    });
    const answer = await response.json();
    if (answer.error)
      throw Object.assign(new Error(`${path}: ${answer.error.message}`), {
        missing: response.status === 404 && !answer.error.data?.appCode,
      });
    return answer.result.data;
  };
  /** A call that earlier commits did not have. */
  const later = async (...args) => {
    try {
      return await call(...args);
    } catch (error) {
      console.error(`left out: ${error.message}`);
      return null;
    }
  };
  const register = (username, displayName) =>
    call(null, 'auth.register', { username, displayName, password: `password of ${username}`, transport: 'token' });
  const [ann, bob] = [await register('ann', 'Ann Müller'), await register('bob', 'Bob')];
  const room = await call(ann, 'rooms.create', { name: 'Workshop', topic: 'Where things are made', visibility: 'private' });
  const roomId = room.id;
  await call(ann, 'rooms.addMember', { roomId, username: 'bob' });
  const send = async (person, content, more = {}) =>
    (await call(person, 'messages.send', { roomId, clientId: randomUUID(), content, ...more })).message;
  const first = await send(ann, 'Hello **everyone**, and Zoë’s “\\u0000” 🙂\n\n```js\nlet x = 1;\n```');
  const answer = await send(bob, 'Hello @ann', { replyTo: first.id });
  await call(bob, 'messages.react', { messageId: first.id, emoji: '👍', on: true });
  await call(ann, 'messages.edit', { messageId: first.id, content: 'Hello **all**' });
  await call(ann, 'messages.pin', { messageId: answer.id, on: true });
  const gone = await send(ann, 'never mind');
  await call(ann, 'messages.delete', { messageId: gone.id });
  const character = await call(ann, 'characters.create', { handle: 'sage', name: 'Sage', tagline: 'Knows', systemPrompt: 'Be brief.' });
  const characterId = character.id ?? character.character.id;
  await call(ann, 'rooms.addCharacter', { roomId, characterId, autoReply: 'mention' });
  await send(bob, '@sage what do you know?');
  await send(ann, '/summary');
  await later(bob, 'messages.send', { roomId, clientId: randomUUID(), content: '/summary private' });
  await later(ann, 'rooms.direct', { username: 'bob' });
  await later(ann, 'rooms.direct', { characterId });
  await call(ann, 'rooms.update', { roomId, name: 'Workshop', topic: 'Where things were made' });
  await call(bob, 'rooms.setMute', { roomId, muted: true });
  const old = await call(bob, 'rooms.create', { name: 'Old room', visibility: 'public' });
  await later(bob, 'rooms.archive', { roomId: old.id, archived: true });
  await later(ann, 'keys.create', { name: 'laptop', scopes: ['rooms:read', 'messages:write'] });
  await later(ann, 'bots.create', { username: 'helper', displayName: 'Helper' });
  const key = await later(ann, 'keys.create', { bot: 'helper', name: 'of the bot', scopes: ['users:write', 'messages:write'] });
  if (key)
    await later({ accessToken: key.secret ?? key.token ?? key.key }, 'bots.setCommands', {
      commands: [{ name: 'fetch', help: 'Fetches' }],
    });
  await later(ann, 'hooks.create', { roomId, name: 'builds' });
  await later(ann, 'webhooks.create', { roomId, name: 'out', url: 'http://127.0.0.1:9/x', events: ['message.created'] });
  await later(ann, 'notes.save', { roomId, text: 'Keep the key under the mat' });
  await later(bob, 'messages.hideFromAi', { messageId: answer.id, on: true });
  await later(ann, 'chat.send', { session_id: 'one', message: 'hello', character_id: 'sage', clientId: randomUUID() });
  await later(ann, 'usage.setLimits', { scope: 'room', id: roomId, limits: { dayTokens: 1_000_000 } });
  await send(bob, 'a last word, for whoever hears of it');
  // Answers are whole before the server stops.
  const list = (person, id) => call(person, 'messages.list', { roomId: id, after: 0, limit: 100 }, 'GET');
  const settled = async () => {
    for (let round = 0; round < 300; round++) {
      const replies = (await list(ann, roomId)).items.filter(({ kind }) => kind === 'reply');
      if (replies.length >= 2 && replies.every(({ status }) => status !== 'queued' && status !== 'streaming')) return replies;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error('an answer was not written');
  };
  const [reply] = await settled();
  await later(ann, 'replies.regenerate', { messageId: reply.id });
  await settled();
  const said = {};
  for (const [username, person] of Object.entries({ ann, bob })) {
    const rooms = await call(person, 'rooms.list', { scope: 'joined' }, 'GET');
    said[username] = { rooms: [], refreshToken: person.refreshToken };
    for (const { room: each, mine } of rooms)
      said[username].rooms.push({ room: each, mine, messages: (await list(person, each.id)).items });
  }
  return said;
}

/** Writes the fixture: a backup, and what the server said. */
async function keep(said) {
  const folder = join(root, 'tests/fixtures/upgrades');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.backup.gz`);
  rmSync(file, { force: true });
  const database = await createPgliteDb({ dataDir, mayMake: false });
  const { manifest } = await writeBackup(database, { file, whose: short, progress: { at() {} } }).finally(() => database.close());
  writeFileSync(join(folder, `${name}.said.json.gz`), gzipSync(JSON.stringify(said)));
  writeFileSync(join(folder, `${name}.statements.jsonl.gz`), gzipSync(readFileSync(statements)));
  for (const each of [file, join(folder, `${name}.statements.jsonl.gz`), join(folder, `${name}.said.json.gz`)])
    console.error(`${each}: ${readFileSync(each).length} bytes`);
  console.error(
    `tables without a row: ${manifest.tables
      .filter(({ rows }) => rows === 0)
      .map((table) => table.name)
      .join(', ')}`,
  );
}
