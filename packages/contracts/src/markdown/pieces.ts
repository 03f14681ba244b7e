import { cutText } from '../cut-text.js';

/** The lines that may open or close a block of code. */
const fence = /^ {0,3}(?:`{3,}|~{3,})/gm;

/** A long text in pieces of about so many UTF-16 units. Each ends between paragraphs, lines or words, and code goes on in the next. */
export function* piecesOf(text: string, units: number): Generator<string, void> {
  let open = '';
  for (let rest = text; rest !== '';) {
    const end = rest.length <= units ? rest.length : endOfPiece(rest, units);
    const piece = open + rest.slice(0, end);
    rest = rest.slice(end);
    const fences = piece.match(fence) ?? [];
    open = fences.length % 2 === 1 ? `${fences.at(-1)!.trim()}\n` : '';
    yield piece;
  }
}

function endOfPiece(text: string, units: number): number {
  const window = cutText(text, units);
  for (const gap of ['\n\n', '\n', ' ']) {
    const at = window.lastIndexOf(gap);
    if (at > units / 2) return at + gap.length;
  }
  return window.length;
}
