/** `Bo is typing…`, `Bo and Cy are typing…`, `Bo, Cy and 2 others are typing…`; empty for nobody. */
export function typingText(names: readonly string[]): string {
  const [first, second] = names;
  if (!first) return '';
  if (!second) return `${first} is typing…`;
  const others = names.length - 2;
  if (others === 0) return `${first} and ${second} are typing…`;
  return `${first}, ${second} and ${others === 1 ? 'another' : `${others} others`} are typing…`;
}
