/** Two letters for a name: the first of its first and last word, or the first two of its only one. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const first = [...(words[0] ?? '?')];
  const last = words.length > 1 ? [...words.at(-1)!] : [];
  return (words.length > 1 ? first[0]! + last[0]! : first.slice(0, 2).join('')).toLocaleUpperCase();
}
