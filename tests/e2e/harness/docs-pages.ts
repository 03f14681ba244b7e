import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { root } from '../../../scripts/lib/paths.mjs';
import { startProgram } from './processes.js';

const run = promisify(execFile);

/** A page of `docs/`, as it is written. */
export const docsPage = (name: string): Promise<string> => readFile(join(root, `docs/${name}.md`), 'utf8');

/** The code blocks of a page in this language that contain a text, with what stands for a password put in. */
export function snippets(language: string, containing: string, page: string): string[] {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
  return found.filter((code) => code.includes(containing)).map((code) => code.replace(/(password"?: ['"])…/, '$1password of bot'));
}

/** Runs a command of a page in a shell. @returns what it prints */
export async function shell(command: string, env: Record<string, string> = {}): Promise<string> {
  return (await run('bash', ['-c', command], { env: { ...process.env, ...env } })).stdout;
}

/** Runs a command of a page that prints JSON. */
export async function sh(command: string, env: Record<string, string> = {}): Promise<unknown> {
  return JSON.parse(await shell(command, env));
}

/** Runs a command of a page that does not end, until what it printed has all of this. */
export async function follow(command: string, env: Record<string, string>, patterns: RegExp[]): Promise<string> {
  const running = startProgram('-c', { command: 'bash', args: [command], env });
  try {
    for (const pattern of patterns) await running.printed(pattern);
    return running.output();
  } finally {
    await running.stop();
  }
}

/** What JSON is made of: its fields, and of what kind each is. What an array has in it may differ from time to time. */
export function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, key === 'type' || key === 'code' ? part : formOf(part)]));
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)) return 'id';
  return Number.isNaN(Date.parse(value)) || !/T.*Z$/.test(value) ? 'string' : 'instant';
}

/** The JSON of these lines, each after what stands before it. */
export const jsonLines = (text: string, before = ''): { type?: string }[] =>
  text.split('\n').flatMap((line) => (line.startsWith(`${before}{`) ? [JSON.parse(line.slice(before.length)) as { type?: string }] : []));

/** Expects that what a page says is printed is printed in that form. */
export function expectForms(said: { type?: string }[], printed: { type?: string }[]): void {
  for (const each of said) {
    const form = formOf(each);
    const alike = printed.filter(({ type }) => type === each.type).map(formOf);
    expect(alike).toContainEqual(form);
  }
}
