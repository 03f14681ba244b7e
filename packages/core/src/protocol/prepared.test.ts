import { Prisma } from '@parley/db';
import { expect, test } from 'vitest';
import { prepared } from './prepared.js';

interface Values {
  id: string;
  name: string | null;
  count: number;
}

const compose = ({ id, name, count }: Values) => Prisma.sql`
  select ${count}::int + ${1}::int from (${Prisma.sql`select ${id}::uuid where ${name}::text is null or ${name}::text <> ${'nobody'}`}) x`;

test('every run has the text and the values that composing it anew would give', () => {
  const statement = prepared(compose);
  for (const values of [
    { id: 'a', name: 'ann', count: 2 },
    { id: 'b', name: null, count: 0 },
  ]) {
    const run = statement(values);
    const anew = compose(values);
    expect(run.text).toBe(anew.text);
    expect(run.sql).toBe(anew.sql);
    expect(run.values).toEqual(anew.values);
  }
});

test('is composed once', () => {
  let composed = 0;
  const statement = prepared<Values>((values) => {
    composed++;
    return compose(values);
  });
  expect(statement({ id: 'a', name: null, count: 1 }).text).toBe(statement({ id: 'b', name: 'x', count: 2 }).text);
  expect(composed).toBe(1);
});

test('refuses a text made of a value, which would hold for all runs, and a value that is missing', () => {
  const statement = prepared<{ name: string }>(({ name }) => Prisma.raw(`select '${name}'`));
  expect(() => statement({ name: 'ann' })).toThrow('the value name was used as text');
  const other = prepared<{ name?: string }>(({ name }) => Prisma.sql`select ${name}`);
  expect(() => other({})).toThrow('the statement has no value for name');
});
