/**
 * Replaces a part of the text of a box, as if it had been typed: the box tells of it by an `input` event, and undo brings back what was
 * there. The caret goes behind what is new.
 */
export function replaceText(box: HTMLTextAreaElement, { from, to, insert }: { from: number; to: number; insert: string }): void {
  box.focus();
  box.setSelectionRange(from, to);
  // Deprecated, and still the only way that keeps the browser's own history of a text box.
  if (document.execCommand('insertText', false, insert)) return;
  box.setRangeText(insert, from, to, 'end');
  box.dispatchEvent(new InputEvent('input', { bubbles: true }));
}
