/**
 * A text as it is compared with another: the one way to ignore case, width and accents, and the forms of a letter that depend on its place
 * or the writer's language (`ς`, `ı`). Marks of scripts where they are vowels stay, because they are part of the word.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ς', 'σ')
    .replaceAll('ı', 'i')
    .normalize('NFC');
}
