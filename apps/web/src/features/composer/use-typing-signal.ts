import { useEffect, useRef } from 'react';
import { useClient } from '../../client/client-context.js';

/** While one writes, the room is told so at most this often; the server forgets it after a few seconds more. */
const everyMs = 3_000;

/**
 * Tells the room that one is writing. Commands and an emptied box are no writing.
 *
 * @returns to be called with the text at every change
 */
export function useTypingSignal(roomId: string): (text: string) => void {
  const { trpc } = useClient();
  const toldAt = useRef<number | null>(null);
  // A signal that is lost costs nothing: the next one comes in seconds.
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
