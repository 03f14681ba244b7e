import type { CharacterEntry, MessageView, Mine, RoomView, UserView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { groupByRoom } from './group-results.js';
import { jumpOptions } from './jump-options.js';
import { snippet } from './snippet.js';

describe('jump options', () => {
  const joined = (id: string, name: string, more: Partial<Mine> = {}) => ({
    room: { id, name, visibility: more.direct ? 'direct' : 'public' } as RoomView,
    mine: { unread: 0, mentions: 0, muted: false, direct: null, ...more } as Mine,
  });
  const bo = { id: 'bo', username: 'bo', displayName: 'Bo Lindqvist' } as UserView;
  const cy = { id: 'cy', username: 'cy', displayName: 'Cy Adeyemi' } as UserView;
  const character = (id: string, name: string): CharacterEntry => ({
    character: { id, name, handle: id } as CharacterEntry['character'],
    mine: false,
  });
  const withBo = joined('r9', '', { direct: { type: 'user', id: 'bo', name: 'Bo Lindqvist', avatar: { hue: 0, glyph: null } } });
  const known = {
    rooms: [joined('r1', 'papers'), joined('r2', 'release-12', { unread: 4 }), joined('r3', 'alpha', { unread: 2, muted: true }), withBo],
    users: [bo, cy],
    characters: [character('socrates', 'Socrates'), character('lin', 'Lin')],
    me: 'me',
  };
  const keys = (typed: string, users: UserView[] = []) => jumpOptions(typed, { ...known, users, wanted: 'places' }).map(({ key }) => key);

  test('with nothing typed: the rooms, unread ones first, a muted one not', () => {
    expect(keys('')).toEqual(['r2', 'r3', 'r9', 'r1']);
  });

  test('a name finds what begins with it first, by any of its words', () => {
    expect(keys('p')).toEqual(['r1', 'r3', 'messages']);
    expect(keys('12')).toEqual(['r2', 'messages']);
  });

  test('whom there is a direct room with is that room, not once more a person', () => {
    expect(keys('lin', [bo])).toEqual(['r9', 'lin', 'messages']);
    expect(keys('cy', [cy])).toEqual(['cy', 'messages']);
  });

  test('for a new conversation: everyone one can talk to alone, and nothing else', () => {
    const people = (typed: string) => jumpOptions(typed, { ...known, wanted: 'people' }).map(({ key }) => key);
    expect(people('')).toEqual(['r9', 'cy', 'socrates', 'lin']);
    expect(people('li')).toEqual(['r9', 'cy', 'lin']);
  });
});

test('results stand by room, rooms by their newest result', () => {
  const message = (id: string, roomId: string) => ({ id, roomId }) as MessageView;
  const groups = groupByRoom([message('5', 'b'), message('4', 'a'), message('3', 'b')]);
  expect(groups.map(({ roomId, messages }) => [roomId, ...messages.map(({ id }) => id)])).toEqual([
    ['b', '5', '3'],
    ['a', '4'],
  ]);
});

describe('a snippet', () => {
  const hits = (content: string, query: string) =>
    snippet(content, query)
      .filter(({ hit }) => hit)
      .map(({ text }) => text);

  test('marks what was searched for, begun words too, and no inner part of a word', () => {
    expect(hits('The Importer imports; a reimport does not.', 'import')).toEqual(['Import', 'import']);
    expect(hits('Käse und mehr Käse', '"käse und"')).toEqual(['Käse und']);
    expect(hits('what is (.*) there', '(.*)')).toEqual([]);
  });

  test.each([
    ['我家在上海东边', '上海', ['上海']],
    ['東京タワー', '東京', ['東京']],
    ['in a/b/foo-bar.config.ts:3', 'foo-bar.config.ts', ['foo-bar.config.ts']],
    ['sess.opts, session.options', 'opts', ['opts']],
    ['v1.2.3-beta.4', '1.2.3', ['1.2.3']],
    ['im**port**ant', 'important', ['important']],
    ['Cafe\u0301 and café', 'CAFÉ', ['Cafe\u0301', 'café']],
    ['getUserName()', 'user', ['User']],
  ])('of %j, searched for %j, marks %j', (content, query, marked) => {
    expect(hits(content, query)).toEqual(marked);
  });

  test('shows the word in a text without spaces, and cuts no flag', () => {
    const parts = snippet(`${'🇩🇪'.repeat(200)} needle${'🇩🇪'.repeat(200)}`, 'needle');
    expect(parts.map(({ hit }) => hit)).toEqual([false, true, false]);
    for (const { text } of parts) expect(text.replaceAll('🇩🇪', '')).toMatch(/^(?:… ?|needle|…)$/);
  });

  test('of what is hard to read is what the page shows', () => {
    expect(snippet(`x${'\n'.repeat(32_000)}x`, 'x').map(({ text }) => text)).toEqual(['x', ' ', 'x']);
    expect(hits('**a '.repeat(8_000), 'a').length).toBeGreaterThan(10);
  });

  test('of a long message shows what was found far behind its beginning, and that more stands around it', () => {
    const parts = snippet(`${'*filler* '.repeat(2_000)}the **needle** ${'*filler* '.repeat(2_000)}`, 'needle');
    expect(parts.map(({ hit }) => hit)).toEqual([false, true, false]);
    expect(parts[0]!.text).toMatch(/^…[filer ]+ the $/);
    expect(parts[2]!.text).toMatch(/^ [filer ]+…$/);
  });

  test('leaves out what was excluded', () => {
    expect(hits('red and blue', 'red -blue')).toEqual(['red']);
    expect(snippet('red and blue', '-blue')).toEqual([{ text: 'red and blue', hit: false }]);
  });

  test('begins shortly before the first word found', () => {
    const parts = snippet(`${'filler '.repeat(60)}needle ${'filler '.repeat(60)}`, 'needle');
    const text = parts.map((part) => part.text).join('');
    expect(text).toMatch(/^…(?:filler )+needle (?:filler )+.*…$/);
    expect(text.indexOf('needle')).toBeLessThan(80);
  });
});
