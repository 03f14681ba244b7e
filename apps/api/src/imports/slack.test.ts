import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestWorld, type TestWorld } from '@parley/core/testing';
import { runImport, type ImportOptions } from './run-import.js';
import { makeZip } from './testing/make-zip.js';
import { slackExport } from './testing/slack-export.js';

describe('an import from Slack', () => {
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

  test('brings channels with texts, times, order, answers, reactions and pins, and says what did not fit', async () => {
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
});
