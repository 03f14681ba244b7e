import { isBot, type MessageView } from '@parley/contracts';
import { Pin } from 'lucide-react';
import { Suspense, type ReactNode } from 'react';
import { AuthorMark } from '../../components/ui/author-mark.js';
import { Avatar } from '../../components/ui/avatar.js';
import { cx } from '../../components/ui/class-names.js';
import { part } from '../../components/ui/part.js';
import { clockTime, fullTime } from '../../components/time/time.js';
import { mayDo } from './may.js';
import { useRoomActions } from './room-actions.js';
import { useRowActive } from './use-row-active.js';

const Reactions = part(() => import('./reactions.js'));
const MessageToolbar = part(() => import('./message-toolbar.js'));

interface RowFrameProps {
  author: { name: string; avatar: { hue: number; glyph: string | null }; kind: 'person' | 'character' };
  at: string;
  /** Whether to show the author; without it the row continues the one above. */
  head: boolean;
  /** Between the name and the time. */
  mark?: ReactNode;
  /** At the right end of the name's line, which stays in view with it as long as a part of the row does. */
  status?: ReactNode;
  busy?: boolean;
  /** What else belongs to the row's name for screen readers. */
  note?: string | undefined;
  flash?: boolean;
  children: ReactNode;
}

/** One message: avatar in the margin, name and time on one line, text below on the same left edge. */
export function RowFrame({
  author,
  at,
  head,
  mark,
  status,
  busy,
  note,
  flash,
  rowProps,
  id,
  children,
}: RowFrameProps & { id?: string; rowProps?: object }) {
  return (
    <article
      id={id}
      aria-label={`${author.name}, ${clockTime(at)}${note ? `, ${note}` : ''}`}
      aria-busy={busy || undefined}
      {...rowProps}
      className={cx(
        'group/row relative -mx-2 grid grid-cols-[34px_minmax(0,1fr)] gap-x-3 rounded-control px-2',
        head ? 'mt-3.5' : 'mt-0.5',
        flash && 'animate-[flash_1.8s_ease-out]',
      )}
    >
      {head ? (
        <Avatar name={author.name} avatar={author.avatar} kind={author.kind} className="mt-0.5" />
      ) : (
        <time
          dateTime={at}
          title={fullTime(at)}
          className="pt-[5px] text-right text-[0.6875rem] leading-none text-ink-3 tabular-nums opacity-0 transition-opacity group-hover/row:opacity-100"
        >
          {clockTime(at)}
        </time>
      )}
      <div className="min-w-0">
        {head && (
          <div
            className={cx(
              'flex min-h-5 items-center gap-x-2 leading-5',
              status !== undefined && 'sticky top-0 z-4 bg-background py-1 -my-1',
            )}
          >
            <span dir="auto" className={cx('truncate font-bold', author.kind === 'character' && 'hue-text')} style={hue(author)}>
              {author.name}
            </span>
            {mark}
            <time dateTime={at} title={fullTime(at)} className="text-13 text-ink-3 tabular-nums">
              {clockTime(at)}
            </time>
            {status && <div className="ml-auto flex shrink-0 items-center gap-2 pl-2">{status}</div>}
          </div>
        )}
        {children}
      </div>
    </article>
  );
}

/** The row of a stored message: with its reactions, its marks and, on hover or focus, its actions. */
export function MessageFrame({ message, mark, children, ...frame }: Omit<RowFrameProps, 'author' | 'at'> & { message: MessageView }) {
  const actions = useRoomActions();
  const { active, hold, rowProps } = useRowActive();
  const { author, editedAt, pinnedAt, hiddenFromAi } = message;
  return (
    <RowFrame
      {...frame}
      id={`message-${message.id}`}
      author={{ name: author.name, avatar: author.avatar, kind: author.type === 'character' ? 'character' : 'person' }}
      at={message.createdAt}
      note={[author.imported && 'imported', isBot(author) && 'bot'].filter(Boolean).join(', ')}
      mark={
        <>
          <AuthorMark author={author} />
          {mark}
        </>
      }
      rowProps={rowProps}
    >
      {children}
      {(editedAt !== null || pinnedAt !== null || hiddenFromAi) && !isGone(message) && (
        <p className="mt-1 flex items-center gap-1 text-12 text-ink-3">
          {pinnedAt && (
            <>
              <Pin size={12} strokeWidth={1.75} aria-hidden="true" />
              Pinned
            </>
          )}
          {pinnedAt && editedAt && ' · '}
          {editedAt && <span title={fullTime(editedAt)}>edited</span>}
          {(pinnedAt ?? editedAt) && hiddenFromAi && ' · '}
          {hiddenFromAi && 'hidden from AI'}
        </p>
      )}
      {message.reactions.length > 0 && (
        <Suspense fallback={<div className="mt-1 mb-0.5 h-6 max-wide:h-8" />}>
          <Reactions message={message} />
        </Suspense>
      )}
      {active && mayDo(message, actions).link && (
        <Suspense>
          <MessageToolbar message={message} onHold={hold} />
        </Suspense>
      )}
    </RowFrame>
  );
}

/** True for a message that has no text any more, or none for now. */
export function isGone({ deletedAt, hidden }: MessageView) {
  return deletedAt !== null || hidden;
}

/** Stands where the text was. */
export function Gone({ message }: { message: MessageView }) {
  return <p className="text-ink-3 italic">{message.hidden ? 'Hidden by moderation' : 'Message deleted'}</p>;
}

function hue(author: { avatar: { hue: number } }) {
  return { '--hue': author.avatar.hue } as React.CSSProperties;
}
