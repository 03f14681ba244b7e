import { useCallback, useEffect, useState } from 'react';
import type { RoomSession } from '../../client/types.js';

/** A message one was sent to. `visit` differs each time, also for the same message. */
export interface Target {
  messageId: string;
  /** Known from the link; a message far away is found by it at once. */
  seq: number | null;
  visit: string;
}

export interface Wanted {
  messageId: string;
  seq: number | null;
}

/** How many pages back a message is looked for whose seq is not known. */
const maxPages = 40;

/** Which message is to be brought into view, loading history until it is there, and which one was just found. */
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
      // Something was sent meanwhile, and is at the end.
      if (!isWanted && !stopped) return setWanted(null);
      for (let page = 0; page < maxPages && !stopped && !isThere() && session.getSnapshot().hasOlder; page++) await session.loadOlder();
      // It is not in this room, or further back than is looked for: the reader stays where they are.
      if (!stopped && !isThere()) setWanted(null);
    };
    // Where a page could not be loaded, the top of the conversation says so.
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
