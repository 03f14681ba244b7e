import { useState } from 'react';

/** What is being written in a room. It outlives switching rooms and reloading the page, in this tab. */
export function useDraft(roomId: string): [string, (text: string) => void] {
  const key = `parley.draft.${roomId}`;
  const [text, setText] = useState(() => read(key));
  return [
    text,
    (next) => {
      setText(next);
      write(key, next);
    },
  ];
}

function read(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? '';
  } catch {
    // Storage may be forbidden; drafts then last as long as the composer.
    return '';
  }
}

function write(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // See read().
  }
}
