import { replaceText } from '../../components/ui/replace-text.js';

/** Writes the character that opens the menu of commands or people: a slash at the beginning, an at sign at the caret. */
export function insertSign(box: HTMLTextAreaElement, sign: '/' | '@'): void {
  const { value: text, selectionStart: at } = box;
  if (sign === '/') return replaceText(box, { from: 0, to: text.startsWith('/') ? 1 : 0, insert: '/' });
  const gap = at > 0 && !/\s/.test(text[at - 1]!) ? ' ' : '';
  replaceText(box, { from: at, to: at, insert: `${gap}@` });
}
