import type { PrivateReply } from '@parley/contracts';
import { useEffect, useRef, useState } from 'react';
import type { RoomState } from '../../client/types.js';
import { hearAll, newsSince, type Heard } from './news.js';
import { useRoomActions } from './room-actions.js';

/** How long a line stays where a screen reader may still come upon it, in milliseconds: long enough to be taken up, however busy the reader. */
const keepMs = 10_000;

/** Tells screen readers what arrives in the room. The log itself tells nothing, because it cannot tell old pages from news. */
export default function Announcements({ state, privateReplies }: { state: RoomState; privateReplies: readonly PrivateReply[] }) {
  const { me } = useRoomActions();
  const heard = useRef<Heard | null>(null);
  const [lines, setLines] = useState<{ key: number; text: string }[]>([]);
  const nextKey = useRef(0);
  const { messages, hasNewer } = state;
  useEffect(() => {
    const place = { messages, hasNewer, privateReplies };
    const news = heard.current ? newsSince(heard.current, place, me.id) : [];
    heard.current = hearAll(place, heard.current ?? undefined);
    if (news.length > 0) setLines((known) => [...known, ...news.map((text) => ({ key: nextKey.current++, text }))]);
  }, [messages, hasNewer, privateReplies, me.id]);
  useEffect(() => {
    if (lines.length === 0) return;
    const timer = setTimeout(() => setLines([]), keepMs);
    return () => clearTimeout(timer);
  }, [lines]);
  return (
    <div role="status" aria-label="New messages" aria-atomic="false" className="sr-only">
      {lines.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}
