/** Accents of Latin, Greek and Cyrillic, vowel signs of Hebrew and Arabic, the bar that stretches an Arabic word: writers leave them out. */
const leftOut =
  /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]/g;
/** What is there to join, direct or choose a form, and is not seen. */
const unseen = /[\ufe00-\ufe0f]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Letters that others write for, and that Unicode does not take apart. */
const alike: Record<string, string> = { ς: 'σ', ı: 'i', ø: 'o', ł: 'l', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ð: 'd' };

/**
 * A text as it is compared with another: the one way to ignore case, width and accents, and the forms of a letter that depend on its place
 * or the writer's language (`ς`, `ı`, `ø`). Marks of scripts where they are vowels stay, because they are part of the word.
 */
export function foldText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  // Most signs of Chinese, Japanese and Korean have no other form.
  if (/^[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]*$/.test(text)) return text;
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(leftOut, '')
    .replace(unseen, '')
    .replace(/[ςıøłđßæœþð]/g, (letter) => alike[letter]!)
    .normalize('NFC');
}
