import { firstSigns } from '@parley/contracts';

/** Two signs for a name: the first of its first and last word, or the first two of its only one. A flag or a letter with its accents is one. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const first = firstSigns(words[0] ?? '?', words.length > 1 ? 1 : 2);
  return (words.length > 1 ? first + firstSigns(words.at(-1)!, 1) : first).toLocaleUpperCase();
}
