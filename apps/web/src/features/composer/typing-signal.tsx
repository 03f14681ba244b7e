import { useEffect, useEffectEvent, useRef } from 'react';
import { useClient } from '../../client/client-context.js';

/** While someone types the signal is sent at most this often, in milliseconds. The server forgets it a few seconds later. */
const everyMs = 3_000;

/** Tells the room that the user is typing, each time the text changes. A command or an emptied box does not count as typing. */
export default function TypingSignal({ roomId, text }: { roomId: string; text: string }) {
  const { trpc } = useClient();
  const toldAt = useRef<number | null>(null);
  // A lost signal does no harm: the next one follows within seconds.
  const tell = (typing: boolean) => void trpc.presence.typing.mutate({ roomId, typing }).catch(() => undefined);
  const stop = useEffectEvent(() => {
    if (toldAt.current === null) return;
    toldAt.current = null;
    tell(false);
  });
  const known = useRef(text);
  const change = useEffectEvent((next: string) => {
    if (next === known.current) return;
    known.current = next;
    if (next.trim() === '' || next.startsWith('/')) return stop();
    const now = Date.now();
    if (toldAt.current !== null && now - toldAt.current < everyMs) return;
    toldAt.current = now;
    tell(true);
  });
  useEffect(() => change(text), [text]);
  useEffect(() => () => stop(), []);
  return null;
}
