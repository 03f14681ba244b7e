import type { TextToken } from './read-markdown.js';

/** A piece of a text: one that names somebody, or what stands between two such pieces. */
export interface TextPart {
  text: string;
  mention: boolean;
}

/** Splits a run of text at mentions of handles that `known` accepts. Any other handle stays text. */
export function splitMentions({ raw, mentions = [] }: TextToken, known: (handle: string) => boolean): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  const add = (to: number, mention: boolean): void => {
    if (to > end) parts.push({ text: raw.slice(end, to), mention });
    end = to;
  };
  for (const { index, handles } of mentions) {
    const handle = handles.find(known);
    if (handle === undefined) continue;
    add(index, false);
    add(index + 1 + handle.length, true);
  }
  add(raw.length, false);
  return parts;
}
