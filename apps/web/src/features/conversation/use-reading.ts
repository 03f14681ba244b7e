import { useEffect } from 'react';
import type { RoomSession } from '../../client/types.js';

/** Marks the room read while its end is in view on a visible page. */
export function useReading(session: RoomSession, atEnd: boolean): void {
  useEffect(() => {
    if (!atEnd) return;
    let marked = -1;
    const mark = () => {
      const { status, mine, messages } = session.getSnapshot();
      const last = messages.at(-1)?.seq;
      if (document.hidden || status !== 'live' || !mine || last === undefined || last <= Math.max(mine.lastReadSeq, marked)) return;
      marked = last;
      session.markRead(last);
    };
    mark();
    const unsubscribe = session.subscribe(mark);
    document.addEventListener('visibilitychange', mark);
    return () => {
      unsubscribe();
      document.removeEventListener('visibilitychange', mark);
    };
  }, [session, atEnd]);
}
