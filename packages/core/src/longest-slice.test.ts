import { maxMessageBytes, maxReplyBytes, roomFileFormat, utf8Bytes } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import { indexWordsInSteps, maxIndexed } from '@parley/contracts/search';
import { longestSlice } from '@parley/contracts/testing/longest-slice';
import { describe, expect, it, test } from 'vitest';
import { exportRoom } from './export/export-room.js';
import { importRoom } from './export/import-room.js';
import { indexMessages } from './messages/index-messages.js';
import { searchMessages } from './messages/search-messages.js';
import { edit } from './messages/testing-changes.js';
import { send } from './messages/testing-messages.js';
import { readInTurns } from './protocol/long-text.js';
import { replyJobs } from './replies/reply-sink.js';
import { claimed, complete } from './replies/testing-replies.js';
import { createRoom } from './rooms/create-room.js';
import { sharedWorld } from './testing/shared-world.js';

/** Fifty milliseconds and less, on the machine where this was measured: a unit of `longestSlice` took 0.05 to 0.3 µs there. */
const most = 200_000;

const fragments: [string, string?][] = [
  ['*a_'],
  ['***a** '],
  ['[x] ', '[x]: http://a/b\n\n'],
  ['~a'],
  ['`a` '],
  ['<'],
  ['['],
  ['- a\n\n'],
  ['b\n', '- a *b*\n'],
  ['> > > a\n', '*b*\n'],
  ['a\n=\n'],
  ['a|b\n', 'a|b\n-|-\n'],
  ['@a.b-c_'],
  ['aBcDeFgH1 '],
  ['上*海*'],
  ['\ufdfa '],
];

/** As many of a fragment as fit into so many bytes. */
function full(bytes: number, fragment: string, before = ''): string {
  return (before + fragment.repeat(Math.floor((bytes - utf8Bytes(before)) / utf8Bytes(fragment)))).trimEnd();
}

test('it is told what is one slice from what is several, and what is much work from what is little', async () => {
  const work = () => 'ab'.repeat(2_000).replace(/a/g, 'c');
  const once = await longestSlice(work);
  expect(once).toBeGreaterThan(2_000);
  expect(await longestSlice(() => [work(), work()])).toBeGreaterThan(1.9 * once);
  const apart = async () => {
    work();
    await new Promise((resolve) => setImmediate(resolve));
    work();
  };
  expect(await longestSlice(apart)).toBeLessThan(1.1 * once);
  // What only waits for a promise goes on in the same slice.
  expect(await longestSlice(async () => [work(), await Promise.resolve(), work()])).toBeGreaterThan(1.9 * once);
  expect(await longestSlice(() => JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)))).toBeGreaterThan(5_000);
});

describe('no hostile text holds the process for long', () => {
  const world = sharedWorld('pglite');

  it.each(fragments)('%j', async (fragment, before) => {
    const { deps, owner, access } = world();
    const slices: Record<string, number> = {};
    const measure = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
      let done: T | undefined;
      slices[name] = await longestSlice(async () => {
        done = await work();
      });
      return done as T;
    };
    const text = full(maxMessageBytes, fragment, before);
    const answer = full(maxReplyBytes, fragment, before);

    await measure('the check of a text', () => sentText(text));
    const { message } = await measure('a send', () => send(world(), owner, text));
    await measure('an edit', () => edit(world(), owner, message.id, `${text}.`));
    await measure('a mention in it', () => edit(world(), owner, message.id, `${text.slice(0, -10)} @tess`));
    await measure('words', () => readInTurns(answer.slice(0, maxIndexed), indexWordsInSteps));
    const claim = await claimed(world());
    await measure('the end of a reply', () => replyJobs.end(deps, claim, { ...complete, content: answer }));
    await measure('a search', () => searchMessages(deps, owner.actor, { query: full(500, fragment, before), limit: 50 }));
    const room = await createRoom(deps, owner.actor, { name: 'Hostile', topic: '', visibility: 'private' });
    await send(world(), owner, text, {}, room.id);
    const file = await measure('an export', async () => {
      let whole = '';
      for await (const chunk of exportRoom({ ...deps, rooms: access }, owner.actor, { roomId: room.id })) whole += chunk;
      return whole;
    });
    const lines = file.trimEnd().split('\n');
    const said = lines.find((line) => line.includes('"kind":"text"'))!;
    const [header] = lines;
    expect(header).toContain(roomFileFormat);
    const many = Array.from({ length: 20 }, (_, i) => said.replace(/"seq":\d+/, `"seq":${i + 1}`));
    const bytes = new TextEncoder().encode([header, ...many, JSON.stringify({ type: 'end', messages: 20 }), ''].join('\n'));
    await measure('an import', () => importRoom(deps, owner.actor, piecesOf(bytes)));
    await measure('words of what was imported', () => indexMessages(deps, null));

    expect(Object.entries(slices).filter(([, units]) => units > most)).toEqual([]);
  });

  it.each([
    ['many brackets', '['.repeat(200_000)],
    ['many values', `{"type":"message","message":[${'1,'.repeat(100_000)}1]}`],
    ['many escapes', `{"type":"message","message":"${'\\u0041'.repeat(100_000)}"}`],
  ])('a line of a file with %s', async (_, line) => {
    const { deps, owner } = world();
    const header = { type: 'room', format: roomFileFormat, version: 1, room: { name: 'A', topic: '' } };
    const bytes = new TextEncoder().encode(`${JSON.stringify(header)}\n${line}\n`);
    let refused: unknown;
    const longest = await longestSlice(() =>
      importRoom(deps, owner.actor, piecesOf(bytes)).catch((error: unknown) => {
        refused = error;
      }),
    );
    expect(refused).toMatchObject({ code: 'VALIDATION' });
    expect(longest).toBeLessThan(most);
  });
});

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 64 * 1024) yield bytes.subarray(from, from + 64 * 1024);
}
