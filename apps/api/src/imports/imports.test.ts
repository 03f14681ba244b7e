import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageViewSchema } from '@parley/contracts';
import { listMessages } from '@parley/core/messages/list-messages';
import { listJoinedRooms } from '@parley/core/rooms/list-joined-rooms';
import { openDirectRoom } from '@parley/core/rooms/open-direct-room';
import { editMessage } from '@parley/core/messages/edit-message';
import { createTestWorld, placeCharacter, type TestUser, type TestWorld } from '@parley/core/testing';
import { runImport, type ImportOptions } from './run-import.js';
import { makeZip } from './testing/make-zip.js';
import { asLines, mattermostLines } from './testing/mattermost-export.js';
import { openWebUiChats } from './testing/open-webui-export.js';
import { slackExport } from './testing/slack-export.js';

describe('an import from another chat server', () => {
  let folder: string;
  let world: TestWorld;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-slack-'));
    world = await createTestWorld();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const options = (file: string, more: Partial<ImportOptions> = {}): ImportOptions => ({
    kind: 'slack',
    file,
    report: join(folder, 'report.jsonl'),
    owner: 'tess',
    matchEmail: 'no',
    users: null,
    character: null,
    from: '',
    ...more,
  });
  const run = (given: ImportOptions, more: Partial<Parameters<typeof runImport>[2]> = {}) =>
    runImport(world.deps, given, { progress() {}, ...more });
  const report = async () =>
    (await readFile(join(folder, 'report.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { what: string; detail?: string });
  const messages = (room: string) =>
    world.deps.db.$queryRaw<Record<string, unknown>[]>`
      select m.seq, m.rev, m.kind, m.author_name as name, m.author_id as author, m.imported, m.content,
        (select q.content from messages q where q.id = m.reply_to) as answers, m.reactions, m.mentions, m.created_at as at
      from rooms r join messages m on m.room_id = r.id where r.name = ${room} order by m.seq limit 1000`;

  test('brings channels of Slack with texts, times, order, answers, reactions and pins, and says what did not fit', async () => {
    const file = await makeZip(join(folder, 'export.zip'), slackExport);
    const said = await run(options(file));
    expect(said).toContain('Imported 2 rooms with 11 messages.');
    expect(said).toContain('3 rooms were left out: none of those who may read them has an account here.');
    const found = await messages('general');
    expect(found.map(({ seq }) => seq)).toEqual(found.map((_, place) => place + 1));
    expect(found.map(({ content, name }) => [name, content])).toEqual([
      ['', 'ann has joined the channel'],
      [
        'ann',
        'Hello **bold** _it_ ~~gone~~ `co*de*` <3 @bob see [the page](<https://example.org/a_b>) and #old 🎉\n> quoted\n\n\\# no heading',
      ],
      ['Bob Ross', 'an answer'],
      ['Bob Ross', 'third'],
      [
        'Bob Ross',
        'see **this \\*now\\*** @ann.lee snake_case [there](<https://example.org>)🎉\n1. one\n2. ~~two~~\n```\nx = *1*\n```\n> so\n> it is',
      ],
      ['deploys', '> [Deploy 7](<https://ci.example/7>)\n> It **works**\n> **Who** @ann.lee'],
      [
        'ann',
        'the plan\n\n> 📎 [plan  v2 .pdf](<https://team.slack.com/files/U1ANN/F1/plan.pdf>), 13 kB (file, not imported)\n\n> 📎 file (file, not imported)',
      ],
      ['USLACKBOT', ''],
      ['ann', 'from tomorrow'],
      ['Bob Ross', 'to nobody'],
      ['', 'tess imported this room. What stands above was written elsewhere; names and times are those of the file.'],
    ]);
    const [, hello, answer] = found;
    expect(hello).toMatchObject({
      author: null,
      imported: true,
      reactions: [{ emoji: '👍🏻', count: 1 }],
      at: new Date('2023-11-14T22:15:00Z'),
    });
    expect(answer).toMatchObject({ answers: hello!['content'] });
    const [pinned] = await world.deps.db.$queryRaw<{ seq: number }[]>`select seq from messages where pinned_at is not null`;
    expect(pinned).toEqual({ seq: 2 });
    const rooms = await world.deps.db.$queryRaw<unknown[]>`
      select name, visibility, topic, archived_at is not null as archived from rooms where name in ('general', 'old', 'secret') order by name limit 9`;
    expect(rooms).toEqual([
      { name: 'general', visibility: 'public', topic: 'All of us', archived: false },
      { name: 'old', visibility: 'public', topic: 'Was', archived: true },
    ]);
    // The report has the way to each file, and its key, for its owner alone; messages have no key.
    const lines = await report();
    expect(lines).toContainEqual(
      expect.objectContaining({
        what: 'file not imported',
        detail: 'plan [v2].pdf https://files.slack.com/files-pri/T0-F1/plan.pdf?t=xoxe-secret',
      }),
    );
    expect(new Set(lines.map(({ what }) => what))).toEqual(
      new Set([
        'part of a message not understood',
        'file not imported',
        'file that is gone',
        'unknown kind of message, taken as a text',
        'message not understood',
        'file of the zip not read',
        'emoji unknown',
        'message twice',
        'quoted message missing',
        'room of nobody who has an account here',
      ]),
    );
    expect((await stat(join(folder, 'report.jsonl'))).mode & 0o777).toBe(0o600);

    // Once more: nothing is written, and the report is the same.
    const again = await run(options(file));
    expect(again).toContain('Imported 0 rooms with 0 messages.\n2 rooms were here already');
    expect(await messages('general')).toEqual(found);
    expect(await report()).toEqual(lines);
  });

  test('goes on where it was interrupted, with nothing twice, and begins anew with another file', async () => {
    const channels = [{ id: 'C9', name: 'long', creator: 'U1ANN', members: [] }];
    const day = (count: number, word: string, first: number) =>
      Array.from({ length: count }, (_, n) => ({
        type: 'message',
        user: 'U1ANN',
        text: `${word} ${n}`,
        ts: `17000${String(first + n)}.000000`,
      }));
    const exportOf = (word: string, first: number) =>
      makeZip(join(folder, `${word}.zip`), {
        'users.json': slackExport['users.json'],
        'channels.json': channels,
        'long/2023-11-14.json': day(450, word, first),
      });
    const interrupted = async (file: string) => {
      const stop = new AbortController();
      const progress = (line: string) => line.startsWith('room 1 of 1, long: 200 of 450') && stop.abort();
      await expect(run(options(file), { progress, signal: stop.signal })).rejects.toThrow(/abort/i);
      // Nobody sees a room that is not whole.
      expect(await world.deps.db.$queryRaw`select visibility, member_count as members from rooms where name = 'long' limit 9`).toEqual([
        { visibility: 'private', members: 0 },
      ]);
      const ids = await world.deps.db.$queryRaw<
        { id: string }[]
      >`select m.id from messages m join rooms r on r.id = m.room_id where r.name = 'long' order by seq limit 999`;
      expect(ids).toHaveLength(200);
      return ids;
    };
    await interrupted(await exportOf('one', 10_000));
    const file = await exportOf('two', 10_001);
    // It has another message as its two-hundredth, so what is there is not the beginning of it.
    await interrupted(file);
    expect(await run(options(file))).toContain('Imported 1 rooms with 250 messages.');
    const found = await messages('long');
    expect(found.map(({ seq, rev }) => [seq, rev])).toEqual(found.map((_, place) => [place + 1, place + 1]));
    expect(found).toHaveLength(451);
    expect(found.slice(0, 450).map(({ content }) => content)).toEqual(Array.from({ length: 450 }, (_, n) => `two ${n}`));
  });

  const shown = async (room: string) => (await messages(room)).map(({ name, kind, content, answers }) => [name, kind, content, answers]);
  const importedLine = [
    '',
    'system',
    'tess imported this room. What stands above was written elsewhere; names and times are those of the file.',
    null,
  ];
  const whats = async () => (await report()).map(({ what }) => what).toSorted();

  test('brings channels of Mattermost, by time, from lines or a zip with them', async () => {
    const file = join(folder, 'mattermost.jsonl');
    await writeFile(file, asLines(mattermostLines));
    const said = await run(options(file, { kind: 'mattermost' }));
    expect(said).toContain('Imported 1 rooms with 4 messages.\n2 rooms were left out');
    expect(await shown('Town Square')).toEqual([
      ['', 'system', 'ann.lee joined the channel.', null],
      ['Build', 'text', '> [Build 7](<https://ci.example/7>)\n> is *green*', null],
      ['Bobby', 'text', 'later **words** for @ann.lee.', null],
      ['Ann Lee', 'text', 'an answer 👍\n\n> 📎 plan.pdf (file, not imported)', 'later **words** for @ann.lee.'],
      importedLine,
    ]);
    expect(await whats()).toEqual([
      'emoji unknown',
      'file not imported',
      'line not understood',
      'line of an unknown type',
      'room of nobody who has an account here',
      'room of nobody who has an account here',
    ]);
    // The same lines in a zip are the same messages; those of another server are others.
    const zip = await makeZip(join(folder, 'mattermost.zip'), {
      'import.jsonl': asLines(mattermostLines),
      'data/20240901/teams/x/plan.pdf': 'pdf',
    });
    expect(await run(options(zip, { kind: 'mattermost' }))).toContain('Imported 0 rooms');
    expect(await run(options(zip, { kind: 'mattermost', from: 'second' }))).toContain('Imported 1 rooms with 4 messages.');
  });

  test('brings chats of Open WebUI into private rooms of whoever they are, as they were shown last', async () => {
    const file = join(folder, 'chats.json');
    await writeFile(file, JSON.stringify(openWebUiChats));
    const { actor } = world.owner;
    const id = await placeCharacter(world.deps, world.room.id, { handle: 'llama' });
    const given = options(file, { kind: 'open-webui', character: 'llama' });
    await expect(run({ ...given, character: 'nobody' })).rejects.toThrow('There is no character named “nobody”');
    expect(await run(given)).toContain('Imported 2 rooms with 5 messages.');
    expect(await shown('Tea or coffee')).toEqual([
      ['tess', 'text', 'Tea or coffee?\n\n> 📎 cups.pdf, 2 kB (file, not imported)', null],
      ['Llama 3', 'reply', '**Tea**, of course.', 'Tea or coffee?\n\n> 📎 cups.pdf, 2 kB (file, not imported)'],
      ['tess', 'text', 'Why?', null],
      importedLine,
    ]);
    expect(await shown('Old')).toEqual([['tess', 'text', 'Hi', null], ['gpt 4', 'reply', 'Ho', 'Hi'], importedLine]);
    const [room] = (await listJoinedRooms(world.deps, actor)).filter(({ room: { name } }) => name === 'Tea or coffee');
    expect(room).toMatchObject({ room: { visibility: 'private', memberCount: 1 }, mine: { role: 'owner', unread: 0 } });
    const entries = await world.deps.db.$queryRaw<unknown[]>`
      select auto_reply from room_characters where room_id = ${room!.room.id}::uuid and character_id = ${id}::uuid limit 9`;
    expect(entries).toEqual([{ auto_reply: 'always' }]);
    // The page reads it as it reads what was written here.
    const page = await world.access.run(actor, room!.room.id, 'messages.list', (target) => listMessages(world.deps, target, { limit: 10 }));
    expect(page.items.map((message) => messageViewSchema.parse(message).status)).toEqual([null, 'complete', null, null]);
    expect(page.items[1]!.reply).toMatchObject({ model: 'open-webui:llama3:8b', askedBy: world.owner.user.id });
    expect(await whats()).toEqual([
      'chat not understood',
      'file not imported',
      'instructions of the chat',
      'message of a branch that was not shown',
      'message of another role',
      'sources of an answer',
      'thoughts of a model',
    ]);
    // Chats of several people are nobody's until a list says whose.
    const both = join(folder, 'both.json');
    await writeFile(both, JSON.stringify([openWebUiChats[0], { ...(openWebUiChats[1] as object), id: 'other', user_id: 'u-2' }]));
    await expect(run(options(both, { kind: 'open-webui' }))).rejects.toThrow('has chats of 2 people');
    const users = join(folder, 'users.csv');
    await writeFile(users, 'id,name,email,role\r\nu-1,"Lee, ""Ann""",ann@example.org,user\r\nu-2,Bob,bob@example.org,user\r\n');
    expect(await run(options(both, { kind: 'open-webui', users, from: 'both' }))).toContain(
      'Imported 0 rooms with 0 messages.\n2 rooms were left out',
    );
  });

  test('refuses what is no export, in a sentence, and reads past what is damaged in one', async () => {
    const refused = async (kind: ImportOptions['kind'], name: string, content: string | Buffer, why: RegExp) => {
      await writeFile(join(folder, name), content);
      await expect(run(options(join(folder, name), { kind })), name).rejects.toThrow(why);
    };
    await refused('slack', 'a.zip', 'hello', /cannot be read as a zip/);
    await refused('mattermost', 'b.jsonl', '', /is empty/);
    await refused('mattermost', 'c.jsonl', '{"type":"post"}\n', /does not begin as an export of Mattermost does/);
    await refused('mattermost', 'd.jsonl', '{"type":"version","version":2}\n', /is of version 2/);
    await refused('open-webui', 'e.json', '[]', /has no chat/);
    await refused('open-webui', 'f.json', '{"chats":[]}', /is no list of chats: it is no list/);
    await refused('open-webui', 'g.json', JSON.stringify(openWebUiChats).slice(0, -9), /is cut off/);
    await expect(run(options(join(folder, 'none'), { kind: 'mattermost' }))).rejects.toThrow('There is no file');
    await expect(run(options(join(folder, 'none.zip')))).rejects.toThrow(/cannot be read as a zip: ENOENT/);
    await expect(run(options(await makeZip(join(folder, 'h.zip'), { 'readme.txt': 'hello' })))).rejects.toThrow('has no users.json');

    // A name that leads out of the zip: yazl makes none, so it is put in afterwards.
    const out = await makeZip(join(folder, 'out.zip'), { ...slackExport, 'aa/aa/aa.json': [] });
    const bytes = await readFile(out);
    await writeFile(out, Buffer.from(bytes.toString('latin1').replaceAll('aa/aa/aa.json', '../../aa.json'), 'latin1'));
    await expect(run(options(out))).rejects.toThrow(/cannot be read as a zip: invalid relative path/);
    // One that was cut off has no list of its files.
    const cut = await makeZip(join(folder, 'cut.zip'), slackExport);
    await truncate(cut, Math.floor((await stat(cut)).size * 0.8));
    await expect(run(options(cut))).rejects.toThrow(/cannot be read as a zip/);

    // A text that is cut off, one that is none, an element too large, a bomb: each costs its own file, and what is whole is imported.
    const channel = (id: string) => ({ id, name: id.toLowerCase(), creator: 'U1ANN', members: [] });
    const message = (ts: number) => ({ type: 'message', user: 'U1ANN', text: `at ${ts}`, ts: `${ts}.000000` });
    const damaged = await makeZip(join(folder, 'damaged.zip'), {
      'users.json': slackExport['users.json'],
      'channels.json': [channel('DAMAGED')],
      'damaged/1.json': JSON.stringify([message(1), message(2)]).slice(0, -1),
      'damaged/2.json': `[${JSON.stringify(message(3))}, {"type" "message"}, ${JSON.stringify(message(4))}, "${'x'.repeat(9 * 1024 * 1024)}"]`,
      'damaged/3.json': Buffer.alloc(20 * 1024 * 1024, ' '),
      'damaged/4.json': [{ type: 'message', text: 'without a time' }],
      'damaged/5.json': [message(5)],
      'unknown/1.json': [message(6)],
    });
    expect(await run(options(damaged))).toContain('Imported 1 rooms with 4 messages.');
    expect((await messages('damaged')).map(({ content }) => content).slice(0, 4)).toEqual(['at 1', 'at 3', 'at 4', 'at 5']);
    expect((await report()).map(({ what, detail }) => `${what}: ${detail}`).toSorted()).toEqual([
      'file of the zip not read to its end: damaged/1.json: it is cut off',
      'file of the zip not read to its end: damaged/3.json: becomes 250 times as large as it is packed, as no export does',
      'folder of no channel: unknown/1.json',
      'message not read: damaged/2.json, number 4: is larger than 8192 kB',
      'message not understood: damaged/2.json, number 2',
      'message not understood: damaged/4.json, number 1',
    ]);
  });

  test('gives words and rooms to those who have proved their address, and to others only where the operator says so', async () => {
    const [ann, bob] = [await world.register('ann'), await world.register('bobby')];
    await world.deps.db.$executeRaw`update users set email = 'ann@EXAMPLE.org', email_verified_at = now() where username = 'ann'`;
    await world.deps.db.$executeRaw`update users set email = 'bob@example.org' where username = 'bobby'`;
    const file = await makeZip(join(folder, 'matched.zip'), slackExport);
    const proved = await run(options(file, { matchEmail: 'verified', from: 'verified' }));
    expect(proved).toContain('Imported 5 rooms with 14 messages.\n1 of 3 people have an account here');
    const roomsOf = async ({ actor }: TestUser) =>
      (await listJoinedRooms(world.deps, actor))
        .filter(({ room: { name } }) => name !== 'Lobby')
        .map(({ room, mine }) => [room.visibility, room.name, room.memberCount, mine.role, mine.unread])
        .toSorted();
    // Nobody but those who were in them is in the private ones, and their conversation is no direct room without the other.
    expect(await roomsOf(ann)).toEqual([
      ['private', 'ann, Bob Ross, Somebody', 1, 'owner', 0],
      ['private', 'ann, Bob Ross', 1, 'owner', 0],
      ['private', 'secret', 1, 'owner', 0],
      ['public', 'general', 2, 'member', 0],
    ]);
    expect(await roomsOf(bob)).toEqual([]);
    const any = await run(options(file, { matchEmail: 'any', from: 'any' }));
    expect(any).toContain('Imported 5 rooms with 14 messages.\n2 of 3 people have an account here');
    expect(await roomsOf(bob)).toEqual([
      ['direct', '', 2, 'member', 0],
      ['private', 'ann, Bob Ross, Somebody', 2, 'owner', 0],
      ['private', 'secret', 2, 'member', 0],
      ['public', 'general', 2, 'owner', 0],
      ['public', 'old', 1, 'owner', 0],
    ]);
    const mine = await world.deps.db.$queryRaw<
      { roomId: string; content: string; imported: boolean; mentions: string[]; reactions: unknown }[]
    >`
      select m.room_id as "roomId", m.content, m.imported, m.mentions, m.reactions from messages m
      where m.author_id = ${ann.user.id}::uuid and m.content like 'Hello %' order by m.id limit 9`;
    expect(mine).toHaveLength(2);
    expect(mine.map(({ imported }) => imported)).toEqual([false, false]);
    const both = mine.find(({ mentions }) => mentions.length > 0)!;
    expect(both).toMatchObject({ mentions: [bob.user.id], reactions: [{ emoji: '👍🏻', userIds: [bob.user.id], count: 1 }] });
    expect(both.content).toContain('@bobby see');
    // The direct room is the one that they get when they ask for it.
    const direct = (await listJoinedRooms(world.deps, bob.actor)).find(({ room }) => room.visibility === 'direct')!;
    expect((await openDirectRoom(world.deps, ann.actor, { username: 'bobby' })).id).toBe(direct.room.id);
    // Words are theirs: they may change them.
    const [hello] = await world.deps.db.$queryRaw<{ id: string }[]>`
      select id from messages where room_id = ${both.roomId}::uuid and content = ${both.content} limit 1`;
    const edited = await world.access.runOfMessage(ann.actor, hello!.id, 'messages.edit', (target) =>
      editMessage(world.deps, target, { content: 'changed' }),
    );
    expect(edited).toMatchObject({ content: 'changed', author: { id: ann.user.id, name: 'ann' } });
  });
});
