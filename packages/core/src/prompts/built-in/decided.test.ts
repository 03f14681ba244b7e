import { expect, test } from 'vitest';
import { contextOf, finish, summaryTask } from '../prompt-context.fixture.js';
import decide from '../tasks/decide.js';
import summary from '../tasks/summary.js';
import { decidedConversations } from './decided/conversations.fixture.js';

/** Of the decisions of all conversations, those whose message the built-in model cites; the fewest in any language, and in all. */
const floors = {
  summary: { inEachLanguage: 0.8, inAll: 0.86 },
  decide: { inEachLanguage: 0.65, inAll: 0.78 },
};

const tasks = { summary, decide };

test('there are forty conversations in five languages, each with a decision', () => {
  expect(decidedConversations).toHaveLength(40);
  expect(new Set(decidedConversations.map(({ language }) => language)).size).toBe(5);
  for (const { decided, messages } of decidedConversations) {
    expect(decided.length).toBeGreaterThan(0);
    expect(decided.length).toBeLessThan(messages.length / 4);
  }
});

test.each(['summary', 'decide'] as const)('the built-in model’s /%s finds what was decided, and cites messages that are there', (name) => {
  const found = new Map<string, { decisions: number; cited: number; points: number }>();
  for (const { language, messages, decided } of decidedConversations) {
    const text = finish(tasks[name].compose(contextOf({ ...summaryTask, kind: name }, messages)));
    const points = text.split('\n').filter((line) => line.startsWith('- '));
    expect(points.length).toBeGreaterThan(0);
    const sources = points.map((point) => /\(#message-([\w-]+)\)$/.exec(point)?.[1]);
    for (const source of sources) expect(messages.map(({ id }) => id)).toContain(source);
    const row = found.get(language) ?? { decisions: 0, cited: 0, points: 0 };
    found.set(language, {
      decisions: row.decisions + decided.length,
      cited: row.cited + decided.filter((id) => sources.includes(id)).length,
      points: row.points + points.length,
    });
  }
  const rows = [...found.values()];
  const all = { decisions: sumOf(rows, 'decisions'), cited: sumOf(rows, 'cited'), points: sumOf(rows, 'points') };
  console.log(`/${name}: decisions found, by language, and points\n`, Object.fromEntries([...found, ['all', all]]));
  for (const { decisions, cited } of rows) expect(cited / decisions).toBeGreaterThanOrEqual(floors[name].inEachLanguage);
  expect(all.cited / all.decisions).toBeGreaterThanOrEqual(floors[name].inAll);
});

function sumOf<Key extends string>(rows: readonly Record<Key, number>[], key: Key): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}
