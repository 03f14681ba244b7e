/** Handles: lower-case letters, digits, `-`, `_` and inner `.`; users and characters share them. */
export const handlePattern = /^[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9])){1,31}$/;

const mentionPattern = /(?<![\w@/.`-])@([a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9])){1,31})(?![\w-])/gi;

/**
 * Handles mentioned in a text, lower-cased, each once, in order of first appearance. A handle in code (spans or fences) or inside an
 * address such as `a@b.example` is no mention.
 */
export function mentionedHandles(content: string): string[] {
  const prose = content.replace(/```[\s\S]*?(?:```|$)/g, ' ').replace(/`[^`\n]*`/g, ' ');
  const handles = new Set<string>();
  for (const match of prose.matchAll(mentionPattern)) handles.add(match[1]!.toLowerCase());
  return [...handles];
}
