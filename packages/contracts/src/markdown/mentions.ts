import type { Token } from 'marked';
import type { Mention } from './find-mentions.js';
import { childrenOf, readMarkdown, type TextToken } from './read-markdown.js';

/**
 * The mentions of a text, in order of first appearance, each by the handles that may be meant, the longest first. Only prose calls: see
 * `readMarkdown`.
 */
export function mentionsIn(content: string): (readonly string[])[] {
  if (!/[@＠]/.test(content)) return [];
  const found = new Map<string, readonly string[]>();
  for (const { handles } of collect(readMarkdown(content))) if (!found.has(handles[0]!)) found.set(handles[0]!, handles);
  return [...found.values()];
}

function* collect(tokens: readonly Token[]): Generator<Mention> {
  for (const token of tokens) {
    yield* (token as TextToken).mentions ?? [];
    yield* collect(childrenOf(token) ?? []);
  }
}
