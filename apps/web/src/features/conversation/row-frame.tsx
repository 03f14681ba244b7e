import type { ReactNode } from 'react';
import { Avatar } from '../../components/ui/avatar.js';
import { cx } from '../../components/ui/class-names.js';
import { clockTime, fullTime } from '../../components/time/time.js';

interface RowFrameProps {
  id?: string;
  author: { name: string; avatar: { hue: number; glyph: string | null }; kind: 'person' | 'character' };
  at: string;
  /** Shows the author; without it the row continues the one above. */
  head: boolean;
  /** Between the name and the time. */
  mark?: ReactNode;
  /** At the right end of the name's line. */
  status?: ReactNode;
  busy?: boolean;
  flash?: boolean;
  children: ReactNode;
}

/** One message: avatar in the margin, name and time on one line, text below on the same left edge. */
export function RowFrame({ id, author, at, head, mark, status, busy, flash, children }: RowFrameProps) {
  return (
    <article
      id={id}
      aria-label={`${author.name}, ${clockTime(at)}`}
      aria-busy={busy || undefined}
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
          <div className="flex min-h-5 items-center gap-x-2 leading-5">
            <span className={cx('truncate font-bold', author.kind === 'character' && 'hue-text')} style={hue(author)}>
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

function hue(author: { avatar: { hue: number } }) {
  return { '--hue': author.avatar.hue } as React.CSSProperties;
}
