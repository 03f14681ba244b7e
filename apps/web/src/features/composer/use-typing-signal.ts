import { useEffect, useRef } from 'react';
import { useClient } from '../../client/client-context.js';

/** While someone types the signal is sent at most this often, in milliseconds. The server forgets it a few seconds later. */
const everyMs = 3_000;

/**
 * Tells the room that the user is typing. A command or an emptied box does not count as typing.
 * @returns a function to call with the text at every change
 */
export function useTypingSignal(roomId: string): (text: string) => void {
  const { trpc } = useClient();
  const toldAt = useRef<number | null>(null);
  // A lost signal does no harm: the next one follows within seconds.
  const tell = (typing: boolean) => void trpc.presence.typing.mutate({ roomId, typing }).catch(() => undefined);
  const stop = () => {
    if (toldAt.current === null) return;
    toldAt.current = null;
    tell(false);
  };
  const stopLatest = useRef(stop);
  useEffect(() => {
    stopLatest.current = stop;
  });
  useEffect(() => () => stopLatest.current(), []);

  return (text) => {
    if (text.trim() === '' || text.startsWith('/')) return stop();
    const now = Date.now();
    if (toldAt.current !== null && now - toldAt.current < everyMs) return;
    toldAt.current = now;
    tell(true);
  };
}
