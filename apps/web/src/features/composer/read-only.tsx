import type { Mine } from '@parley/contracts';
import { useEffect, useState, type ReactNode } from 'react';
import { clockTime, dayName } from '../../components/time/time.js';

interface ReadOnlyProps {
  /** The other side of a direct room; null in an archived room. */
  gone: Mine['direct'];
  /** Until when a moderator has silenced the reader, while nothing else keeps the room from being written in. */
  silencedUntil: string | null | undefined;
  /** The composer, which comes back when the silence is over. */
  children: ReactNode;
}

/** Stands where the composer would, and says why nothing is written here. */
export default function ReadOnly({ gone, silencedUntil, children }: ReadOnlyProps) {
  const silenced = useIsAhead(silencedUntil ?? '');
  if (silencedUntil && !silenced) return children;
  return (
    <p className="measure pb-5 text-center text-14 text-ink-2">
      {silencedUntil ? (
        <>A moderator has silenced you here until {moment(silencedUntil)}. You can still read, report messages and delete your own.</>
      ) : !gone ? (
        'This room is archived: it can be read, and nothing is added to it.'
      ) : gone.type === 'character' ? (
        // That it was deleted is the last line of the conversation.
        'This conversation is over. What was said here stays, and nothing is added to it.'
      ) : (
        <>
          <bdi>{gone.name}</bdi> has left this server. What was said here stays, and nothing is added to it.
        </>
      )}
    </p>
  );
}

/** `14:02` of today, otherwise with its day. */
function moment(instant: string): string {
  const day = dayName(instant, new Date());
  return day === 'Today' ? clockTime(instant) : `${day}, ${clockTime(instant)}`;
}

/** The longest that a timer waits, in milliseconds: a device that slept finds the time late by no more. */
const longestMs = 60_000;

/** Whether an instant is ahead, by the clock of this device; without one, false. */
function useIsAhead(instant: string): boolean {
  const [now, setNow] = useState(Date.now);
  const leftMs = Date.parse(instant) - now;
  useEffect(() => {
    if (!(leftMs > 0)) return;
    const timer = setTimeout(() => setNow(Date.now()), Math.min(leftMs + 1, longestMs));
    return () => clearTimeout(timer);
  }, [leftMs]);
  return leftMs > 0;
}
