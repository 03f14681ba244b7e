import { useState } from 'react';

/**
 * What this person is writing in a room, or over a message. It outlives switching rooms and reloading the page, in this tab.
 *
 * @param of the room's id, or what names the message as it is
 */
export function useDraft(userId: string, of: string): [string, (text: string) => void] {
  // By person: whoever signs in next in the same tab finds nothing of it.
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
