import type { Token } from 'marked';
import { finish, type Steps } from '../steps.js';
import type { Mention } from './find-mentions.js';
import { childrenOf, readMarkdownInSteps, type TextToken } from './read-markdown.js';

/**
 * The mentions of a text, in order of first appearance, each by the handles that may be meant, the longest first. Only prose calls: see
 * `readMarkdown`.
 */
export function mentionsIn(content: string): (readonly string[])[] {
  return finish(mentionsInSteps(content));
}

/** As {@link mentionsIn}. */
export function* mentionsInSteps(content: string): Steps<(readonly string[])[]> {
  if (!/[@＠]/.test(content)) return [];
  const found = new Map<string, readonly string[]>();
  for (const { handles } of collect(yield* readMarkdownInSteps(content))) if (!found.has(handles[0]!)) found.set(handles[0]!, handles);
  return [...found.values()];
}

function* collect(tokens: readonly Token[]): Generator<Mention> {
  for (const token of tokens) {
    yield* (token as TextToken).mentions ?? [];
    yield* collect(childrenOf(token) ?? []);
  }
}
