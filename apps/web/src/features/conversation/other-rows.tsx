import { Suspense } from 'react';
import type { AccountView, MessageView } from '@parley/contracts';
import { useConnection } from '../../client/client-context.js';
import type { PendingMessage, RoomSession } from '../../client/types.js';
import { dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Button } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { part } from '../../components/ui/part.js';
import { MessageContent } from './message-content.js';
import { Quote } from './quote.js';
import { RowFrame } from './row-frame.js';

const RoomStart = part(() => import('./room-start.js'));

export function DayRow({ instant }: { instant: string }) {
  const today = useToday();
  return (
    <div role="separator" className="mt-5 mb-1 flex items-center gap-3 text-12 font-medium text-ink-3">
      <span className="h-px flex-1 bg-line" />
      {dayName(instant, new Date(today))}
      <span className="h-px flex-1 bg-line" />
    </div>
  );
}

export function NewRow() {
  return (
    <div role="separator" aria-label="New messages" className="mt-5 mb-2 flex items-center gap-3 text-12 font-bold text-danger">
      <span className="h-px flex-1 bg-danger/45" />
      New
      <span className="h-px flex-1 bg-danger/45" />
    </div>
  );
}

/** Between old messages and what the user sends while the end of the room cannot be loaded. */
export function GapRow() {
  return <p className="mt-5 mb-1 text-center text-12 text-ink-3">What lies between is loaded once you are connected.</p>;
}

interface TopRowProps {
  title: string;
  hasOlder: boolean;
  /** Why older messages could not be loaded. */
  problem: string | null;
  onRetry: () => void;
}

/** The first row: says that more history is loading, or that the room begins here. */
export function TopRow({ title, hasOlder, problem, onRetry }: TopRowProps) {
  if (hasOlder && problem) {
    return (
      <div role="alert" className="flex items-center justify-center gap-3 py-6 text-13 text-ink-2">
        Older messages could not be loaded. {problem}
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      </div>
    );
  }
  if (hasOlder) return <MessagesSkeleton rows={3} />;
  return (
    <Suspense fallback={<div className="h-[90px]" />}>
      <RoomStart title={title} />
    </Suspense>
  );
}

const widths = ['w-4/5', 'w-3/5', 'w-2/3', 'w-1/2'];

export function MessagesSkeleton({ rows }: { rows: number }) {
  return (
    <div aria-hidden="true" className="py-2">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="mt-4 grid grid-cols-[34px_1fr] gap-3">
          <span className="skeleton size-[34px] rounded-full" />
          <span className="flex flex-col gap-2 pt-1">
            <span className="skeleton h-3 w-28" />
            <span className={cx('skeleton h-3', widths[index % widths.length])} />
          </span>
        </div>
      ))}
    </div>
  );
}

/** The user's own message before the server has acknowledged it. If sending fails it stays, with the reason and a way to try again. */
export function PendingRow({
  session,
  pending,
  head,
  me,
  quoted,
}: {
  session: RoomSession;
  pending: PendingMessage;
  head: boolean;
  me: AccountView;
  quoted: MessageView | undefined;
}) {
  const failed = pending.state === 'failed';
  const connected = useConnection().kind === 'connected';
  const state = failed ? 'Not sent' : connected ? 'Sending…' : 'Not sent yet';
  return (
    <RowFrame
      author={{ name: me.displayName, avatar: me.avatar, kind: 'person' }}
      at={pending.createdAt}
      head={head}
      busy={!failed}
      note={state}
    >
      <div className={cx('transition-opacity duration-200', !failed && 'opacity-60')}>
        {pending.replyTo && <Quote messageId={pending.replyTo} quoted={quoted} />}
        <MessageContent content={pending.content} />
      </div>
      {!failed && (
        // What is sent at once, as nearly everything is, moves nothing.
        <p className={cx('overflow-hidden text-12 text-ink-3', connected && 'h-0 animate-[unfold_0.01s_0.6s_forwards]')}>{state}</p>
      )}
      {failed && (
        <div role="alert" className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-13 text-danger">
          <span>Not sent · {pending.error?.message ?? 'The server did not answer.'}</span>
          <span className="flex gap-1">
            <Button size="small" onClick={() => session.retry(pending.clientId)}>
              Try again
            </Button>
            <Button size="small" look="quiet" onClick={() => session.discard(pending.clientId)}>
              Discard
            </Button>
          </span>
        </div>
      )}
    </RowFrame>
  );
}
