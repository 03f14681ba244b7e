import { expect, test } from 'vitest';
import { checkJsonBounds, jsonOutline, parseBoundedJson } from './json-outline.js';

function outline(text: string, maxDepth = 32): Record<string, string> {
  const { fields } = driven(text, maxDepth);
  return Object.fromEntries([...fields].map(([key, { start, end }]) => [key, text.slice(start, end)]));
}

function driven(text: string, maxDepth = 32) {
  const steps = jsonOutline(text, { maxDepth });
  const read: number[] = [];
  for (;;) {
    const step = steps.next();
    if (step.done) return { fields: step.value, read };
    read.push(step.value);
  }
}

test('finds the fields of an object, whatever stands in strings', () => {
  const value = {
    type: 'room',
    'a"b:,{[': [1, { room: 'inner', x: ']}' }],
    empty: {},
    back: 'ends with \\',
    n: -1.5,
    room: { name: '"},{' },
  };
  const text = JSON.stringify(value);
  expect(Object.fromEntries(Object.entries(outline(text)).map(([key, part]) => [key, JSON.parse(part)]))).toEqual(value);
  expect(outline(JSON.stringify(value, null, 3))).toHaveProperty('type', ' "room"');
  expect(outline('{"a":1,"a":2,"\\u0062":3}')).toEqual({ a: '2', b: '3' });
  expect(outline('[1,2]')).toEqual({});
  for (const broken of ['', '"', '{"a', '{"a":', '{"a":[', '}', ']{"a":1}', '{:1}', '"\\']) expect(() => outline(broken)).not.toThrow();
});

test('counts what is within a field', () => {
  const { fields } = driven('{"a":[1,2,{"b":3}],"c":"[,,,]"}');
  expect(fields.get('a')?.marks).toBe(2 + 2 + 3 + 1);
  expect(fields.get('c')?.marks).toBe(1);
});

test('refuses what is nested too deeply or has too many values after reading no more than the bound', () => {
  const bounds = { maxDepth: 4, maxMarks: 10 };
  const refused = { code: 'VALIDATION' };
  expect(parseBoundedJson('[[[[1]]]]', bounds)).toEqual([[[[1]]]]);
  for (const text of ['[[[[[1]]]]]', '[1,2,3,4,5,6,7,8,9,10,11]', '{"a":'.repeat(5), '[]'.repeat(6)]) {
    expect(() => checkJsonBounds(text, bounds)).toThrow(expect.objectContaining(refused));
  }
  expect(() => parseBoundedJson('{', bounds)).toThrow(SyntaxError);
  const steps = jsonOutline('['.repeat(4_000_000), { maxDepth: 32 });
  expect(() => steps.next()).toThrow(expect.objectContaining(refused));
});

test('reads a long text in many short steps, twice as many for twice as much', () => {
  const hostile = [
    (n: number) => `{"a":[${'0,'.repeat(n)}0]}`,
    (n: number) => `{"a":[${'"\\\\",'.repeat(n)}0]}`,
    (n: number) => ' '.repeat(n),
  ];
  for (const write of hostile) {
    const [once, twice] = [driven(write(500_000)), driven(write(1_000_000))];
    expect(Math.max(...twice.read)).toBeLessThan(150_000);
    expect(twice.read.length).toBeGreaterThanOrEqual(2 * once.read.length - 1);
    expect(twice.read.length).toBeLessThanOrEqual(2 * once.read.length + 2);
  }
});
