import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Patterns that are put together at run time: how many, and why they cannot go back and forth. */
const builtAtRunTime = {
  // Of constant pieces, for names that a program gives.
  'packages/bus/src/message.ts': 2,
  // Of constant pieces, for an operator's variable.
  'packages/contracts/src/env-fields.ts': 1,
  // The constant paths of the page: a path is read once from its beginning.
  'packages/contracts/src/page-paths.ts': 1,
  // A handle, letter by letter.
  'packages/core/src/prompts/built-in/answer-task.ts': 1,
};

const sources = ['packages', 'apps']
  .flatMap((top) => readdirSync(`${root}/${top}`).map((name) => `${top}/${name}/src`))
  .filter((folder) => existsSync(`${root}/${folder}`))
  .flatMap((folder) => readdirSync(`${root}/${folder}`, { recursive: true }).map((file) => `${folder}/${file}`))
  .filter(
    (file) =>
      /\.tsx?$/.test(file) &&
      !/\.(?:test|contract|fixture|d)\.tsx?$|\/(?:generated|testing|test-support)\/|\/testing(?:-[\w-]+)?\.ts$/.test(file),
  )
  .toSorted();

/** @returns {{ patterns: { source: string, flags: string }[], built: number }} */
function patternsIn(file) {
  const code = readFileSync(`${root}/${file}`, 'utf8');
  const patterns = [];
  let built = 0;
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (node.type === 'Literal' && node.regex) patterns.push({ source: node.regex.pattern, flags: node.regex.flags });
    if ((node.type === 'NewExpression' || node.type === 'CallExpression') && node.callee.name === 'RegExp') built++;
    for (const child of Object.values(node)) visit(child);
  };
  if (/\/|RegExp/.test(code)) visit(parseAst(code, { lang: file.endsWith('x') ? 'tsx' : 'ts' }));
  return { patterns, built };
}

const found = sources.map((file) => ({ file, ...patternsIn(file) }));
const patterns = found.flatMap(({ file, patterns }) => patterns.map((pattern) => ({ ...pattern, name: `${file}: /${pattern.source}/` })));

const fragments = [' ', '\n', 'a', '1', '-', '/', '"', '> ', '**a ', '[', '(', '`', '_', '@a', '<', 'a.', '\u0301', 'é', '😀'];

/** Texts of about this length that may be hard for the pattern: one fragment again and again, also with an end that does not fit. */
function* hostile(source, length) {
  // What the pattern asks for literally, so that the texts come past its first characters.
  const words = source.replaceAll(/\\[a-zA-Z]\{?[^}\\]*\}?|\[[^\]]*\]|\(\?[:=!<]*|[\\^$.|?*+(){}]/g, ' ').trim();
  const own = [...new Set([words, words.split(/\s+/)[0]])].filter((word) => word !== '');
  for (const fragment of [...fragments, ...own, ...own.map((word) => `${word} `)]) {
    const many = fragment.repeat(Math.ceil(length / fragment.length));
    yield many;
    yield `x${many}x`;
    for (const word of own) yield `${word}${many}\0`;
  }
}

/** Processor time of all matches, because the machine does other things too. In milliseconds. */
function costOf(pattern, text) {
  const before = process.cpuUsage();
  for (const match of text.matchAll(pattern)) if (match[0].length > text.length) break;
  return process.cpuUsage(before).user / 1000;
}

/** The middle of three costs. */
function medianCost(pattern, text) {
  return [1, 2, 3].map(() => costOf(pattern, text)).toSorted((a, b) => a - b)[1];
}

/** Four times the text takes four times as long; the square of that is sixteen. What takes less than this is measured too coarsely. */
const mostGrowth = 9;
const coarseMs = 0.5;

/** The first text, short, for which the time of this pattern grows by more than the text does; null if there is none. */
function slowText({ source, flags }) {
  const pattern = new RegExp(source, flags.includes('g') ? flags : `${flags}g`);
  const long = hostile(source, 16_000);
  for (const short of hostile(source, 4_000)) {
    const text = long.next().value;
    // Most are far below what can be compared. Once may be the machine.
    if (costOf(pattern, text) < mostGrowth * coarseMs) continue;
    const grows = () => medianCost(pattern, text) > mostGrowth * Math.max(coarseMs, medianCost(pattern, short));
    if (grows() && grows()) return short.slice(0, 40);
  }
  return null;
}

test('finds the patterns', () => {
  expect(patterns.length).toBeGreaterThan(50);
  // It tells what goes back and forth from what does not.
  expect(slowText({ source: String.raw`\s+$`, flags: '' })).not.toBeNull();
  expect(slowText({ source: String.raw`^\s+`, flags: '' })).toBeNull();
  expect(slowText({ source: '(a+)x', flags: '' })).not.toBeNull();
});

describe('takes time in proportion to the text', () => {
  // Without exceptions: a pattern that never meets a text of people today may be copied to where it does.
  test.each(patterns)('$name', (pattern) => {
    expect(slowText(pattern)).toBeNull();
  });
});

test('patterns that are put together at run time are known', () => {
  expect(Object.fromEntries(found.filter(({ built }) => built > 0).map(({ file, built }) => [file, built]))).toEqual(builtAtRunTime);
});
