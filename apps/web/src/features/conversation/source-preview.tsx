import type { MessageView } from '@parley/contracts';
import { firstWords } from '@parley/contracts/markdown';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { RoomMark } from '../../components/rooms/room-mark.js';
import { clockTime, fullTime } from '../../components/time/time.js';
import { AuthorMark } from '../../components/ui/author-mark.js';

/** So long a pointer rests on a source before it is shown, in milliseconds: one that passes by opens nothing. */
const restMs = 150;
const width = 320;

/**
 * What the source says that the pointer rests on, or that has the focus. It takes no focus, and is gone with the next key or scroll. Where a
 * source is pressed that is of another room, the page goes there.
 */
export default function SourcePreview({ session }: { session: RoomSession }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const { navigate } = useRouter();
  useEffect(() => {
    let resting: ReturnType<typeof setTimeout>;
    const sourceAt = ({ target }: Event) => (target as Element).closest<HTMLElement>('a[data-source]');
    const over = (event: PointerEvent) => {
      clearTimeout(resting);
      const source = event.pointerType === 'mouse' ? sourceAt(event) : null;
      if (source) resting = setTimeout(() => setAnchor(source), restMs);
      else setAnchor((shown) => (shown?.matches(':focus-visible') ? shown : null));
    };
    const focus = (event: FocusEvent) => {
      const source = sourceAt(event);
      setAnchor(source?.matches(':focus-visible') ? source : null);
    };
    const close = () => {
      clearTimeout(resting);
      setAnchor(null);
    };
    const click = (event: MouseEvent) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      const source = (event.target as Element).closest('a[data-source]');
      const [, roomId, at, hash] = /^\/rooms\/([^?]+)\?at=(\d+)#(.+)$/.exec(source?.getAttribute('href') ?? '') ?? [];
      if (!roomId) return;
      event.preventDefault();
      void navigate({ to: '/rooms/$roomId', params: { roomId }, search: { at: Number(at) }, hash: hash! });
    };
    const key = ({ key: pressed }: KeyboardEvent) => pressed !== 'Shift' && close();
    document.addEventListener('pointerover', over);
    document.addEventListener('focusin', focus);
    document.addEventListener('focusout', close);
    document.addEventListener('keydown', key);
    document.addEventListener('click', click);
    document.addEventListener('pointerdown', close);
    document.addEventListener('scroll', close, true);
    return () => {
      clearTimeout(resting);
      document.removeEventListener('pointerover', over);
      document.removeEventListener('focusin', focus);
      document.removeEventListener('focusout', close);
      document.removeEventListener('keydown', key);
      document.removeEventListener('click', click);
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('scroll', close, true);
    };
  }, [navigate]);
  const messageId = anchor?.dataset['source'];
  return anchor && messageId ? <Preview key={messageId} session={session} messageId={messageId} anchor={anchor} /> : null;
}

function Preview({ session, messageId, anchor }: { session: RoomSession; messageId: string; anchor: HTMLElement }) {
  const { trpc } = useClient();
  const { rooms } = useInbox();
  const loaded = session.getSnapshot().messages.find(({ id }) => id === messageId);
  const [found, setFound] = useState<MessageView | 'gone' | null>(loaded ?? null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (loaded) return;
    let wanted = true;
    trpc.messages.get.query({ messageId }).then(
      (message) => wanted && setFound(message),
      () => wanted && setFound('gone'),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, loaded, messageId]);
  const elsewhere =
    typeof found === 'object' && found && found.roomId !== session.roomId ? rooms?.find(({ room }) => room.id === found.roomId) : undefined;
  const { left, top, bottom } = anchor.getBoundingClientRect();
  const below = bottom < window.innerHeight / 2;
  return (
    <div
      ref={box}
      role="tooltip"
      className="pointer-events-none fixed z-20 rounded-card border border-line bg-surface px-3 py-2 text-13 shadow-float"
      style={{
        width: `min(${width}px, 100vw - 24px)`,
        left: Math.max(12, Math.min(left - 12, window.innerWidth - width - 12)),
        ...(below ? { top: bottom + 6 } : { bottom: window.innerHeight - top + 6 }),
      }}
    >
      {found === null ? (
        <span role="status" aria-label="Loading the source" className="skeleton my-1 block h-3.5 w-40" />
      ) : found === 'gone' || found.deletedAt !== null ? (
        <p className="text-ink-3 italic">This message is gone, or you cannot see it.</p>
      ) : (
        <>
          {elsewhere && (
            <p className="mb-0.5 flex text-12 text-ink-3">
              <RoomMark room={elsewhere.room} mine={elsewhere.mine} />
            </p>
          )}
          <p className="flex gap-2 text-ink-3">
            <bdi className="truncate font-medium text-ink">{found.author.name}</bdi>
            <AuthorMark author={found.author} />
            <time dateTime={found.createdAt} title={fullTime(found.createdAt)} className="shrink-0 tabular-nums">
              {clockTime(found.createdAt)}
            </time>
          </p>
          <p dir="auto" className="line-clamp-4 wrap-anywhere text-ink-2">
            {firstWords(found.content, 280)}
          </p>
        </>
      )}
    </div>
  );
}
