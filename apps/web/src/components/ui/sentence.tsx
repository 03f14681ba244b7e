import { Fragment } from 'react';

/**
 * Marks a name inside a sentence by the characters of Unicode for it (isolates), so that a name written from right to left does not turn
 * around what stands beside it.
 */
export const apart = (name: string) => `\u2068${name.replace(/[\u2066-\u2069]/g, '')}\u2069`;

/** A sentence whose names are marked by {@link apart}: each is an element of its own, and the text is as it reads. */
export function Sentence({ text }: { text: string }) {
  return text
    .split(/[\u2068\u2069]/)
    .map((part, index) => (index % 2 ? <bdi key={index}>{part}</bdi> : <Fragment key={index}>{part}</Fragment>));
}
