import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { RoomSession } from '../../client/types.js';
import type { Row } from './rows.js';

/** How many pages back a link is followed before giving up. */
const maxPages = 40;

/**
 * Brings a message into view and lights it up for a moment, loading history until it is there. Follows the page's
 * `#message-<id>` fragment when the room opens and whenever it changes.
 */
export function useOpenMessage(session: RoomSession, rows: Row[], list: RefObject<VirtualizerHandle | null>, release: () => void) {
  const [wanted, setWanted] = useState<string | null>(() => messageInFragment());
  const [flashing, setFlashing] = useState<string | null>(null);
  const pages = useRef(0);

  const openMessage = useCallback((messageId: string) => {
    pages.current = 0;
    setFlashing(null);
    setWanted(messageId);
  }, []);

  useEffect(() => {
    if (wanted === null) return;
    const index = rows.findIndex((row) => row.kind === 'message' && row.message.id === wanted);
    if (index >= 0) {
      release();
      list.current?.scrollToIndex(index, { align: 'center' });
      setFlashing(wanted);
      setWanted(null);
    } else if (session.getSnapshot().hasOlder && pages.current < maxPages) {
      pages.current += 1;
      // If that fails, the top of the conversation says so; the link is then left where it is.
      session.loadOlder().catch(() => setWanted(null));
    } else {
      setWanted(null);
    }
  }, [wanted, rows, session, list, release]);

  useEffect(() => {
    if (flashing === null) return;
    const timer = setTimeout(() => setFlashing(null), 2000);
    return () => clearTimeout(timer);
  }, [flashing]);

  useEffect(() => {
    const onHashChange = () => {
      const messageId = messageInFragment();
      if (messageId) openMessage(messageId);
    };
    window.addEventListener('hashchange', onHashChange);
    return () => window.removeEventListener('hashchange', onHashChange);
  }, [openMessage]);

  return { openMessage, flashing };
}

function messageInFragment(): string | null {
  return /^#message-([\da-f-]{36})$/i.exec(window.location.hash)?.[1]?.toLowerCase() ?? null;
}
