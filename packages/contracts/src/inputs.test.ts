import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as inputs from './inputs.js';

const id = '018f0000-0000-7000-8000-000000000001';
const character = { handle: 'keeper', name: 'Keeper', systemPrompt: 'Keep.' };

/** Every text that is stored as a name, or looked up as one. */
const names: [string, (text: string) => boolean][] = [
  ['a display name', (displayName) => inputs.usersUpdateProfileInput.safeParse({ displayName }).success],
  [
    'a first display name',
    (displayName) => inputs.authRegisterInput.safeParse({ username: 'ann', password: 'long enough', displayName }).success,
  ],
  ['a room’s name', (name) => inputs.roomsCreateInput.safeParse({ name }).success],
  ['a room’s new name', (name) => inputs.roomsUpdateInput.safeParse({ roomId: id, name }).success],
  ['a character’s name', (name) => inputs.charactersCreateInput.safeParse({ ...character, name }).success],
];
const lines: typeof names = [
  ...names,
  ['a topic', (topic) => inputs.roomsCreateInput.safeParse({ name: 'x', topic }).success],
  ['a tagline', (tagline) => inputs.charactersCreateInput.safeParse({ ...character, tagline }).success],
];
const lookups: typeof names = [
  ['who signs in', (username) => inputs.authLoginInput.safeParse({ username, password: 'x' }).success],
  ['whom one looks for', (query) => inputs.usersSearchInput.safeParse({ query }).success],
  ['with whom one talks', (username) => inputs.roomsDirectInput.safeParse({ username }).success],
  ['whom one brings', (username) => inputs.roomsMemberInput.safeParse({ roomId: id, username }).success],
  ['whom one gives a role', (username) => inputs.roomsSetRoleInput.safeParse({ roomId: id, username, role: 'member' }).success],
  ['a glyph', (glyph) => inputs.charactersCreateInput.safeParse({ ...character, avatar: { hue: 1, glyph } }).success],
];

describe.each([...lines, ...lookups])('%s', (_name, takes) => {
  test('is text that a database can hold', () => {
    expect(takes('plain')).toBe(true);
    for (const bad of ['a\0b', 'a\ud800b', 'a\udc00']) expect([bad, takes(bad)]).toEqual([bad, false]);
  });
});

describe.each(lines)('%s', (_name, takes) => {
  test('turns no other text round and breaks no line', () => {
    for (const code of [0x07, 0x0a, 0x1b, 0x7f, 0x85, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069]) {
      expect([code, takes(`a${String.fromCodePoint(code)}b`)]).toEqual([code, false]);
    }
  });

  test('stacks no marks over the lines around it, in whatever order they come', () => {
    for (const [text, taken] of [
      [`e${'\u0301'.repeat(9)}`, true],
      [`e${'\u0301'.repeat(10)}`, false],
      [`Zoe${'\u0334\u0301\u20dd'.repeat(4)}`, false],
      [`a${'\u0e49'.repeat(9)}b`, false],
      ['e\u0301'.repeat(20), true],
    ] as const) {
      expect([text, takes(text)]).toEqual([text, taken]);
    }
  });

  test('may be in any script', () => {
    for (const text of [
      'Åsa Lindqvist',
      'ཧྐྵྨླྺྼྻྂ',
      'בְּרֵאשִׁ֖ית',
      'ที่นี่',
      'שלום\u200f!',
      'می\u200cخواهم',
      '小明',
      'क्षि',
      '👩\u200d🚀',
      'O’Neill №\u00a07',
      '🤖',
    ]) {
      expect([text, takes(text)]).toEqual([text, true]);
    }
  });
});

describe.each(names)('%s', (_name, takes) => {
  test('has something that one sees', () => {
    for (const blank of [
      '',
      '  ',
      '\u200b',
      '\u200d\u2060',
      '\u00ad',
      '\u3164',
      '\u2800\u2800',
      '\u0301',
      '\ufeff',
      '\u{e0041}',
      '\ufffe',
      '\u{1fffe}',
    ]) {
      expect([blank, takes(blank)]).toEqual([blank, false]);
    }
  });
});

test('an input of either form says which, where it is neither', () => {
  for (const neither of [{}, { username: 7 }, null]) {
    expect(inputs.roomsDirectInput.safeParse(neither).error?.issues).toMatchObject([
      { message: 'give the username of a person or the characterId of a character' },
    ]);
  }
});

/** The fields of an input, or of each alternative of one, that hold an id. */
function idFields(schema: unknown): [z.ZodObject, string][] {
  if (schema instanceof z.ZodDefault) return idFields(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(idFields);
  if (!(schema instanceof z.ZodObject)) return [];
  // These two are numbers of ours, and no ids.
  const numbers = ['lastEventId', 'callId'];
  return Object.keys(schema.shape)
    .filter((name) => !numbers.includes(name) && /(?:^i|I)d$|^replyTo$/.test(name))
    .map((name) => [schema, name]);
}

test('an id in upper case is the id in lower case, in every input', () => {
  const fields = Object.entries(inputs).flatMap(([name, schema]) =>
    idFields(schema).map(([object, field]) => [`${name}.${field}`, object.shape[field] as z.ZodType] as const),
  );
  expect(fields.length).toBeGreaterThan(25);
  const [upper, lower] = ['018F0ABC-0000-7000-8000-00000000CAFE', '018f0abc-0000-7000-8000-00000000cafe'];
  for (const [name, schema] of fields) expect([name, schema.parse(upper)]).toEqual([name, lower]);
});

test('names and lines are kept in one form of Unicode', () => {
  const [typed, kept] = ['Zoe\u0308', 'Zo\u00eb'];
  expect(inputs.usersUpdateProfileInput.parse({ displayName: typed }).displayName).toBe(kept);
  expect(inputs.authRegisterInput.parse({ username: 'ann', password: 'long enough', displayName: typed }).displayName).toBe(kept);
  expect(inputs.roomsCreateInput.parse({ name: typed, topic: typed })).toMatchObject({ name: kept, topic: kept });
  expect(inputs.roomsUpdateInput.parse({ roomId: id, name: typed, topic: typed })).toMatchObject({ name: kept, topic: kept });
  expect(inputs.charactersCreateInput.parse({ ...character, name: typed, tagline: typed })).toMatchObject({ name: kept, tagline: kept });
});

test('how an answer is to be written again says something', () => {
  const takes = (instruction: string) => inputs.repliesRegenerateInput.safeParse({ messageId: id, instruction }).success;
  expect(takes('shorter')).toBe(true);
  for (const nothing of ['', ' ', '\u200b \u2060', '> ', '\u{E0041}']) expect([nothing, takes(nothing)]).toEqual([nothing, false]);
});
