/**
 * True if a sign for a mention, `@` or `＠`, may stand here: not right behind a letter, mark, digit or `_` of a script that puts spaces
 * between words, nor in an address. Chinese may stand right beside a mention.
 *
 * @param index of the sign
 */
export function mayCallAt(text: string, index: number): boolean {
  return !/[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{M}\d_@＠/]$/u.test(text.slice(Math.max(0, index - 2), index));
}
