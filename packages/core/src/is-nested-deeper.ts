/**
 * Whether lists and objects stand within each other deeper than this. What is may overflow the stack of whoever writes or copies it.
 *
 * @param value as JSON gives it
 */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isNestedDeeper(each, levels - 1));
}
