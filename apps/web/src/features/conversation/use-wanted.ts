import { useCallback, useEffect, useState } from 'react';
import type { RoomSession } from '../../client/types.js';

/** The message that an address or a link leads to. `visit` differs each time, also for the same message. */
export interface Target {
  messageId: string;
  /** The message's seq, if the link has it: one that is far away is then found at once. */
  seq: number | null;
  visit: string;
}

export interface Wanted {
  messageId: string;
  seq: number | null;
}

/** How many pages are loaded to find a message whose seq is not known. */
const maxPages = 40;

/** Which message to scroll to, loading history until it is there, and which one was just found. */
export function useWanted(session: RoomSession, target: Target | null) {
  const [wanted, setWanted] = useState<Wanted | null>(target);
  const [flashing, setFlashing] = useState<string | null>(null);
  const { messageId, seq, visit } = target ?? {};

  const openMessage = useCallback((id: string, at?: number) => {
    setFlashing(null);
    setWanted({ messageId: id, seq: at ?? null });
  }, []);
  const onFound = useCallback((id: string) => {
    setWanted(null);
    setFlashing(id);
  }, []);

  useEffect(() => {
    if (messageId) openMessage(messageId, seq ?? undefined);
  }, [messageId, seq, visit, openMessage]);

  useEffect(() => {
    if (!wanted) return;
    let stopped = false;
    const isThere = () => session.getSnapshot().messages.some(({ id }) => id === wanted.messageId);
    const look = async () => {
      const isWanted = wanted.seq === null || isThere() || (await session.showAround(wanted.seq));
      // The user sent a message meanwhile and is at the end: stop searching.
      if (!isWanted && !stopped) return setWanted(null);
      for (let page = 0; page < maxPages && !stopped && !isThere() && session.getSnapshot().hasOlder; page++) await session.loadOlder();
      // The message is not in this room, or too far back: the reader stays in place.
      if (!stopped && !isThere()) setWanted(null);
    };
    // If a page could not be loaded, the top of the conversation says so.
    look().catch(() => setWanted(null));
    return () => {
      stopped = true;
      session.stay();
    };
  }, [wanted, session]);

  useEffect(() => {
    if (flashing === null) return;
    const timer = setTimeout(() => setFlashing(null), 2000);
    return () => clearTimeout(timer);
  }, [flashing]);

  return { wanted, flashing, openMessage, onFound };
}
