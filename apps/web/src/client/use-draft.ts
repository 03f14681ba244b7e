import type { MessageView } from '@parley/contracts';
import { useCallback, useMemo, useState } from 'react';

/**
 * The unsent text of this person in a room, or over a message being edited. It outlives switching rooms and reloading the page, in this
 * tab.
 * @param of the room's id, or a key that names the message in its current version
 */
export function useDraft(userId: string, of: string): [string, (text: string) => void] {
  // The key contains the person, so that whoever signs in next in the same tab does not see the draft.
  const key = `parley.draft.${userId}.${of}`;
  const [text, setText] = useState(() => read(key));
  const keep = useCallback(
    (next: string) => {
      setText(next);
      write(key, next);
    },
    [key],
  );
  return [text, keep];
}

/** The message that the draft in a room answers, kept as the draft is. */
export function useDraftTarget(userId: string, roomId: string): [MessageView | null, (message: MessageView | null) => void] {
  const [kept, keep] = useDraft(userId, `${roomId}.answers`);
  const target = useMemo(() => (kept === '' ? null : (JSON.parse(kept) as MessageView)), [kept]);
  return [target, useCallback((message) => keep(message ? JSON.stringify(message) : ''), [keep])];
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
