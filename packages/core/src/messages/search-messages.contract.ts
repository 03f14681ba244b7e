import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRoom } from '../rooms/create-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { sharedWorld } from '../testing/shared-world.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { postMessage } from './post-message.js';
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
