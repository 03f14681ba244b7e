import { useState } from 'react';

/**
 * The unsent text of this person in a room, or over a message being edited. It outlives switching rooms and reloading the page, in this
 * tab.
 * @param of the room's id, or a key that names the message in its current version
 */
export function useDraft(userId: string, of: string): [string, (text: string) => void] {
  // The key contains the person, so that whoever signs in next in the same tab does not see the draft.
  const key = `parley.draft.${userId}.${of}`;
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
    // The browser may forbid storage; drafts then last as long as the composer.
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
