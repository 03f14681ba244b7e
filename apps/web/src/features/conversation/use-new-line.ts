import { countsAsUnread } from '@parley/contracts';
import { useEffect, useState } from 'react';
import type { RoomSession } from '../../client/types.js';

/**
 * The seq after which the *New* line is drawn, or null: where reading stopped before the room was opened, or when the page was last
 * hidden. The line then stays there until that happens again. The user's own messages are never new.
 */
export function useNewLine(session: RoomSession, me: string): number | null {
  const [line, setLine] = useState(() => {
    const { mine } = session.getSnapshot();
    return mine && mine.unread > 0 ? mine.lastReadSeq : null;
  });
  useEffect(() => {
    let hiddenAfter: number | null = null;
    const onVisibility = () => {
      hiddenAfter = document.hidden ? (session.getSnapshot().messages.at(-1)?.seq ?? 0) : null;
    };
    const onChange = () => {
      const after = hiddenAfter;
      if (after === null) return;
      const arrived = session.getSnapshot().messages.find((message) => message.seq > after && countsAsUnread(message, me));
      if (!arrived) return;
      hiddenAfter = null;
      setLine(arrived.seq - 1);
    };
    onVisibility();
    document.addEventListener('visibilitychange', onVisibility);
    const unsubscribe = session.subscribe(onChange);
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      unsubscribe();
    };
  }, [session, me]);
  return line;
}
