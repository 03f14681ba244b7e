import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRoom } from '../rooms/create-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { sharedWorld } from '../testing/shared-world.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { postMessage } from './post-message.js';
import { indexMessages } from './index-messages.js';
import { searchMessages, type SearchMessagesInput } from './search-messages.js';
import { edit, remove } from './testing-changes.js';
import { authorize, send } from './testing-messages.js';

function search(world: TestWorld, by: TestUser, query: string, more: Partial<SearchMessagesInput> = {}) {
  return searchMessages(world.deps, by.actor, { query, limit: 20, ...more });
}

async function found(world: TestWorld, by: TestUser, query: string, more: Partial<SearchMessagesInput> = {}): Promise<string[]> {
  return (await search(world, by, query, more)).items.map(({ content }) => content);
}

export function searchMessagesSuite(kind: 'pglite' | 'postgres'): void {
  describe('searchMessages', () => {
    describe('a query', () => {
      const world = sharedWorld(kind);

      test('finds words in any case, phrases, alternatives, and leaves out what is excluded', async () => {
        const { owner } = world();
        const said = ['Green tea at four', 'tea and GREEN biscuits', 'black coffee', 'the tea was cold'];
        for (const content of said) await send(world(), owner, content);
        const cases: [string, string[]][] = [
          ['green tea', ['tea and GREEN biscuits', 'Green tea at four']],
          ['"green tea"', ['Green tea at four']],
          ['tea -green', ['the tea was cold']],
          ['coffee or cold', ['the tea was cold', 'black coffee']],
          ['TEA', ['the tea was cold', 'tea and GREEN biscuits', 'Green tea at four']],
          ['nothing of that', []],
        ];
        for (const [query, contents] of cases)
          expect({ query, found: await found(world(), owner, query) }).toEqual({ query, found: contents });
      });

      test('takes its last word as a beginning, unless it is quoted or excluded', async () => {
        const { owner } = world();
        for (const content of ['a quixotic plan', 'the plan of Don Quixote', 'see https://example.org/quix-list', 'naïve Überraschung']) {
          await send(world(), owner, content);
        }
        const cases: [string, string[]][] = [
          ['quixo', ['the plan of Don Quixote', 'a quixotic plan']],
          ['plan quixot', ['the plan of Don Quixote', 'a quixotic plan']],
          ['quixot plan', []],
          ['"quixo"', []],
          ['plan -quixo', ['the plan of Don Quixote', 'a quixotic plan']],
          ['example.o', ['see https://example.org/quix-list']],
          ['über', ['naïve Überraschung']],
        ];
        for (const [query, contents] of cases)
          expect({ query, found: await found(world(), owner, query) }).toEqual({ query, found: contents });
      });

      test('finds words of every script, parts of names, and words that marks cut', async () => {
        const { owner } = world();
        const cases: [said: string, queries: string[]][] = [
          ['我家在上海东边', ['上海', '海', '"上海东"', '家在 东边']],
          ['東京タワー', ['東京', '東京タワー', 'タワー', 'ﾀﾜｰ']],
          ['서울에 갔다', ['서울', '울에']],
          ['ผมชอบกินข้าวผัด', ['ข้าว', 'กินข้าว']],
          ['see src/lib/foo-bar.config.ts:3', ['foo-bar.config.ts', 'bar.conf', '"lib/foo"']],
          ['sess.opts', ['opts', 'sess.o']],
          ['https://staging.example.com/x', ['example.com', 'staging']],
          ['v1.2.3-beta.4', ['1.2.3', 'v1.2', 'beta.4', '3']],
          ['JIRA-567 and JIRA568', ['567', 'jira-567', '568']],
          ['getUserName() of HTTPServer', ['user', 'username', 'getusername', 'httpserver', 'server', 'name httpserv']],
          ['very im**port**ant', ['important', '"very important"']],
          ['[the plan](https://plans.example/q3)', ['plan', 'plans.example/q3']],
          ['Cafe\u0301 noir', ['café', 'cafe', 'CAFE\u0301 NOIR', '"cafe\u0301 noir"']],
          ['Wrocław, Ærø und Straße', ['wroclaw', 'ærø', 'aero', 'strasse']],
          ['مُحَمَّد', ['محمد']],
          ['hurray 🎉🎉 ❤', ['🎉', '❤️']],
          ['AᴛＷＩＤＥ', ['wide']],
        ].map(([said, queries]) => [said as string, queries as string[]]);
        for (const [said, queries] of cases) {
          await send(world(), owner, said);
          for (const query of queries) {
            expect({ query, found: (await found(world(), owner, query)).includes(said) }).toEqual({ query, found: true });
          }
        }
        for (const query of [
          '海上',
          '京東',
          'bar-foo',
          'ample.com',
          '2.1',
          '"important very"',
          'serve httpserver',
          '-opts',
          '-opts or -x',
          '**',
        ]) {
          expect({ query, found: await found(world(), owner, query) }).toEqual({ query, found: [] });
        }
      });

      test('finds words in a row at the end of the longest text', async () => {
        const { owner } = world();
        const said = `${'na '.repeat(10_600)}batman arrives`;
        await send(world(), owner, said);
        await send(world(), owner, `${'x'.repeat(200)}Y${'z'.repeat(100)}`);
        expect(await found(world(), owner, '"batman arrives"')).toEqual([said]);
        expect(await found(world(), owner, `${'x'.repeat(200)}y${'z'.repeat(90)}`)).toHaveLength(1);
        await send(world(), owner, '\ufdfa'.repeat(10_000));
      });

      test('never fails, whatever it holds', async () => {
        const { owner } = world();
        const hostile = [
          "'",
          "';--",
          '\\',
          "\\'",
          ':*',
          '!',
          '&',
          '|',
          '<->',
          '(',
          '"',
          '""',
          '-',
          '- -',
          'or',
          'or or',
          '*',
          '%',
          "a'b:*",
          'x:A',
          'tea:*b',
          '@',
          '/',
        ];
        for (const query of hostile) expect((await search(world(), owner, query)).items).toBeInstanceOf(Array);
        const piece = fc.oneof(fc.constantFrom(...hostile, ' ', 'tea', 'or ', ' -'), fc.string({ unit: 'binary', maxLength: 6 }));
        await fc.assert(
          fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), async (pieces) => {
            // Keep only what the input schema lets through.
            const query = pieces.join('').replaceAll('\0', '').toWellFormed().slice(0, 200).toWellFormed();
            expect((await search(world(), owner, query)).items).toBeInstanceOf(Array);
          }),
          { numRuns: 200 },
        );
      });
    });

    test('sees only rooms one is in, now', async () => {
      await using world = await createTestWorld(kind);
      const [ben, olga] = [await world.registerMember('ben'), await world.register('olga')];
      const hidden = await createRoom(world.deps, world.owner.actor, { name: 'Hidden', topic: '', visibility: 'private' });
      await send(world, ben, 'walrus in the open');
      await send(world, world.owner, 'walrus in hiding', {}, hidden.id);
      expect(await found(world, world.owner, 'walrus')).toEqual(['walrus in hiding', 'walrus in the open']);
      expect(await found(world, world.owner, 'walrus', { roomId: world.room.id })).toEqual(['walrus in the open']);
      expect(await found(world, ben, 'walrus')).toEqual(['walrus in the open']);
      for (const roomId of [hidden.id, randomUUID()])
        expect(await search(world, ben, 'walrus', { roomId })).toEqual({ items: [], next: null });
      expect(await found(world, olga, 'walrus')).toEqual([]);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      expect(await found(world, ben, 'walrus')).toEqual([]);
      await world.deps.db.session.update({ where: { id: world.owner.actor.sessionId }, data: { revokedAt: new Date() } });
      expect(await found(world, world.owner, 'walrus')).toEqual([]);
    });

    test('finds what a message says now, and nothing deleted or private', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'an early walrus');
      await edit(world, world.owner, message.id, 'a late penguin');
      expect(await found(world, world.owner, 'walrus')).toEqual([]);
      expect((await search(world, world.owner, 'penguin')).items).toMatchObject([{ id: message.id, editedAt: expect.any(String) }]);
      await remove(world, world.owner, message.id);
      expect(await found(world, world.owner, 'penguin')).toEqual([]);
      const posted = await postMessage(world.deps, await authorize(world, world.owner), { clientId: randomUUID(), content: '/help' });
      expect(posted.privateReply?.content).toContain('summary');
      expect(await found(world, world.owner, 'summary')).toEqual([]);
    });

    test('finds what a process of an earlier version wrote, at once by its whole words, and by all of this once it was swept', async () => {
      await using world = await createTestWorld(kind);
      const { db } = world.deps;
      const early = (await send(world, world.owner, 'walrus a-b')).message;
      const late = (await send(world, world.owner, 'walrus in 上海市')).message;
      // Neither version's insert nor its update names the words.
      await db.$executeRaw`update messages set words = null where id = ${early.id}::uuid`;
      await db.$executeRaw`update messages set content = 'penguin in 我家在上海东边' where id = ${late.id}::uuid`;
      expect(await found(world, world.owner, 'walrus')).toEqual(['walrus a-b']);
      expect(await found(world, world.owner, 'penguin')).toEqual(['penguin in 我家在上海东边']);
      expect(await found(world, world.owner, '上海')).toEqual([]);
      let after: string | null = null;
      let indexed = 0;
      do {
        const step = await indexMessages(world.deps, after);
        indexed += step.indexed;
        after = step.next;
      } while (after !== null);
      expect(indexed).toBeGreaterThanOrEqual(2);
      expect(await indexMessages(world.deps, null)).toEqual({ indexed: 0, next: null });
      expect(await found(world, world.owner, '上海')).toEqual(['penguin in 我家在上海东边']);
      expect(await found(world, world.owner, 'penguin')).toEqual(['penguin in 我家在上海东边']);
      expect(await found(world, world.owner, 'walrus b')).toEqual(['walrus a-b']);
    });

    test('of long messages a page has fewer, and the next begins behind it', async () => {
      await using world = await createTestWorld(kind);
      for (let n = 1; n <= 13; n++) await send(world, world.owner, `walrus ${n}`);
      await world.deps.db.$executeRaw`update messages set content = content || repeat(' x', 100 * 1024) where kind = 'text'`;
      const first = await search(world, world.owner, 'walrus');
      expect(first.items.map(({ seq }) => seq)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
      const second = await search(world, world.owner, 'walrus', { before: first.next! });
      expect([second.items.map(({ seq }) => seq), second.next]).toEqual([[2, 1], null]);
    });

    test('pages hold every result once, newest first, while more are written', async () => {
      await using world = await createTestWorld(kind);
      for (let n = 0; n < 11; n++) await send(world, world.owner, `walrus ${n}`);
      const seen: string[] = [];
      let before: string | undefined;
      for (let pages = 1; ; pages++) {
        const page = await search(world, world.owner, 'walrus', { limit: 4, before });
        seen.push(...page.items.map(({ content }) => content));
        await send(world, world.owner, `walrus later ${pages}`);
        if (page.next === null) break;
        expect(page.items).toHaveLength(4);
        before = page.next;
      }
      expect(seen).toEqual(Array.from({ length: 11 }, (_, n) => `walrus ${10 - n}`));
    });

    test('a cursor that is none is refused', async () => {
      await using world = await createTestWorld(kind);
      for (const before of ['', 'x', 'a'.repeat(23), "'; drop table messages", world.room.id]) {
        await expect(search(world, world.owner, 'tea', { before })).rejects.toMatchObject({
          code: 'VALIDATION',
          details: { field: 'before' },
        });
      }
    });
  });
}
