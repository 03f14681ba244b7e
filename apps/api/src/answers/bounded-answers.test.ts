import {
  accountFileLineSchema,
  healthReportSchema,
  inboxEventSchema,
  roomEventSchema,
  roomsImportOutput,
  writtenRoomFileLineSchema,
} from '@parley/contracts';
import { z } from 'zod';
import { expect, test } from 'vitest';
import { appRouter } from '../app-router.js';
import { httpErrorSchema } from '../http-errors.js';
import { declaredOutputs } from './declared.js';

/** Lists that are bounded by something else than a number of their own. */
const known: Record<string, string> = {
  'characters.exportCard.card (record)': 'what was imported: `readCard` takes 512 kB at most',
  'characters.exportCard.card (unknown)': 'as above',
  'users.exportAccount.row (record)': 'a row of a table, whose columns the schema bounds',
  'users.exportAccount.row (unknown)': 'as above',
  'agents.next.task.trigger.data (record)': 'what a command keeps of the message that it was written in, which is bounded',
  'agents.next.task.trigger.data (unknown)': 'the same',
  'rooms.events.replies': 'replies in progress, whose texts a reader cannot go on without: what may be asked for at once bounds them',
};

/** The places of all lists in a schema that have no most. */
function unbounded(schema: z.core.$ZodType, place: string): string[] {
  const { def } = schema._zod as unknown as { def: z.core.$ZodTypeDef & Record<string, unknown> };
  const inner = (value: unknown, at = place) => (value ? unbounded(value as z.core.$ZodType, at) : []);
  switch (def.type) {
    case 'array': {
      const bounded = def.checks?.some((check) => ['max_length', 'length_equals'].includes(check._zod.def.check));
      return [...(bounded ? [] : [place]), ...inner(def['element'])];
    }
    case 'object':
      return Object.entries(def['shape'] as Record<string, unknown>).flatMap(([key, value]) => inner(value, `${place}.${key}`));
    case 'union':
      return (def['options'] as unknown[]).flatMap((option) => inner(option));
    case 'tuple':
      return [...(def['rest'] ? [place] : []), ...(def['items'] as unknown[]).flatMap((item) => inner(item))];
    case 'record':
      if ((def['keyType'] as z.core.$ZodType)._zod.def.type === 'enum') return inner(def['valueType']);
      return [`${place} (record)`, ...inner(def['valueType'])];
    case 'map':
    case 'set':
      return [`${place} (${def.type})`, ...inner(def['valueType'])];
    case 'pipe':
      return [...inner(def['in']), ...inner(def['out'])];
    case 'any':
    case 'unknown':
    case 'lazy':
    case 'promise':
    case 'custom':
      return [`${place} (${def.type})`];
    default:
      return inner(def['innerType']);
  }
}

const answers: [string, z.core.$ZodType][] = [
  ...declaredOutputs(appRouter),
  ['rooms.events', roomEventSchema],
  ['inbox.events', inboxEventSchema],
  ['rooms.import', roomsImportOutput],
  ['rooms.export', writtenRoomFileLineSchema],
  ['users.exportAccount', accountFileLineSchema],
  ['errors', httpErrorSchema],
  ['/health', healthReportSchema],
];

test.each(answers)('every list in what %s answers has a most', (name, schema) => {
  expect(unbounded(schema, name).filter((place) => !(place in known))).toEqual([]);
});

test('a list without a most is found wherever it stands, and each exception is one', () => {
  const list = z.array(z.string());
  const schema = z.object({
    a: list.nullable(),
    b: z.union([z.literal(1), z.object({ c: list.max(3) })]),
    d: z.array(list).max(1).optional(),
    e: z.record(z.string(), z.number()),
    f: z.tuple([z.object({ g: list.default([]) })]),
    h: z.string().transform(() => 1),
    i: z.discriminatedUnion('type', [z.object({ type: z.literal('j'), k: list })]),
  });
  expect(unbounded(schema, 'x')).toEqual(['x.a', 'x.d', 'x.e (record)', 'x.f.g', 'x.i.k']);
  const places = new Set(answers.flatMap(([name, answer]) => unbounded(answer, name)));
  expect(Object.keys(known).filter((place) => !places.has(place))).toEqual([]);
});
