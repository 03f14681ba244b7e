/** Returns the text if it is exactly one emoji, else null. The server applies the same rule. */
export function asEmoji(text: string): string | null {
  const value = text.trim();
  if (value.length > 32 || !/[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]/u.test(value)) return null;
  return [...new Intl.Segmenter().segment(value)].length === 1 ? value : null;
}
