import type { MessageView, PrivateReply } from '@parley/contracts';
import { ArrowDown } from 'lucide-react';
import { Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useConnection } from '../../client/client-context.js';
import type { RoomState } from '../../client/types.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { part } from '../../components/ui/part.js';
import { MessageRow } from './message-row.js';
import { DayRow, GapRow, NewRow, PendingRow, TopRow } from './other-rows.js';
import { ReplyRow } from './reply-row.js';
import { useRoomActions } from './room-actions.js';
import { useRowKeys } from './row-keys.js';
import { buildRows, hasMessage, type Row } from './rows.js';
import { sinceHistory } from './since-history.js';
import { useGoToSent } from './use-go-to-sent.js';
import { useLoadPages } from './use-load-pages.js';
import { useReading } from './use-reading.js';
import { useStickToEnd } from './use-stick-to-end.js';
import type { Wanted } from './use-wanted.js';

const PrivateRow = part(() => import('./private-row.js'));

/** More history is requested this far before either end, in pixels. */
const loadWithin = 800;

interface MessageListProps {
  state: RoomState;
  /** What the room is called: of a direct room, the other side's name. */
  title: string;
  privateReplies: readonly PrivateReply[];
  newAfterSeq: number | null;
  editing: string | null;
  /** Id of the message whose row has something open. */
  kept: string | null;
  /** The message to bring into view once it is loaded. */
  wanted: Wanted | null;
  flashing: string | null;
  onFound: (messageId: string) => void;
}

export function MessageList({
  state: loaded,
  title,
  privateReplies,
  newAfterSeq,
  editing,
  kept,
  wanted,
  flashing,
  onFound,
}: MessageListProps) {
  const { session, me } = useRoomActions();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const state = useMemo(() => sinceHistory(loaded), [loaded]);
  const { messages, hasOlder, hasNewer } = state;
  const connected = useConnection().kind === 'connected';
  // Where the end of the room is not loaded, sending something loads it, unless the connection is away.
  const pending = hasNewer && connected ? none : state.pending;
  const rows = useMemo(
    () => buildRows({ messages, pending, hasNewer, privateReplies, newAfterSeq, me: me.id }),
    [messages, pending, hasNewer, privateReplies, newAfterSeq, me.id],
  );

  // Keep a row mounted while something is open in it, even when new messages push it out of view.
  const keepMounted = useMemo(
    () =>
      editing === null && kept === null
        ? none
        : rows.flatMap((row, index) => (hasMessage(row, editing) || hasMessage(row, kept) ? [index] : none)),
    [rows, editing, kept],
  );

  const end = useStickToEnd(list, scroller, rows.length, hasNewer);
  const { toEnd, toRow } = end;
  // If the end is not loaded, load it; the list then starts anew there.
  const toLatest = useCallback(() => {
    void session.showLatest();
    if (!hasNewer) toEnd();
  }, [session, hasNewer, toEnd]);
  useGoToSent(pending, toEnd);
  useReading(session, end.atEnd);
  useRowKeys(scroller, toLatest);

  // History added above must not move what is being read; virtua needs to be told about exactly those renders.
  const firstSeq = messages[0]?.seq ?? 0;
  const previousFirstSeq = useRef(firstSeq);
  const shift = firstSeq < previousFirstSeq.current;
  useLayoutEffect(() => {
    previousFirstSeq.current = firstSeq;
  });

  const { loadOlder, loadNewer, problem: olderProblem } = useLoadPages(session, state);
  const onScroll = (offset: number) => {
    end.onScroll(offset);
    if (offset < loadWithin && !olderProblem) loadOlder();
    const handle = list.current;
    if (handle && handle.scrollSize - handle.viewportSize - offset < loadWithin) loadNewer();
  };
  // A page that does not fill the screen cannot be scrolled, so ask for more at once.
  useEffect(() => {
    const handle = list.current;
    if (!handle || handle.scrollSize > handle.viewportSize + loadWithin) return;
    if (!olderProblem) loadOlder();
    loadNewer();
  }, [rows, loadOlder, loadNewer, olderProblem]);

  useLayoutEffect(() => {
    if (!wanted) return;
    const index = rows.findIndex((row) => hasMessage(row, wanted.messageId));
    if (index < 0) return;
    toRow(index);
    onFound(wanted.messageId);
  }, [wanted, rows, toRow, onFound]);

  const find = (messageId: string | null) => (messageId === null ? undefined : messages.find(({ id }) => id === messageId));
  const renderMessage = (message: MessageView, head: boolean, quote: string | null) =>
    message.kind === 'reply' ? (
      <ReplyRow
        message={message}
        flash={flashing === message.id}
        quote={quote}
        quoted={find(quote)}
        before={message.status === 'queued' ? (state.queue?.replies.findIndex(({ messageId }) => messageId === message.id) ?? 0) : 0}
      />
    ) : (
      <MessageRow message={message} head={head} flash={flashing === message.id} editing={editing === message.id} quoted={find(quote)} />
    );
  const renderRow = (row: Row) => {
    switch (row.kind) {
      case 'top':
        return <TopRow title={title} hasOlder={hasOlder} problem={olderProblem} onRetry={loadOlder} />;
      case 'day':
        return <DayRow instant={row.instant} />;
      case 'new':
        return <NewRow />;
      case 'message':
        return row.beside ? (
          // Columns where there is room for two, else one below the other.
          <div className="beside">
            {[row.message, ...row.beside].map((message) => (
              <div key={message.id} className="min-w-0">
                {renderMessage(message, true, row.quote)}
              </div>
            ))}
          </div>
        ) : (
          renderMessage(row.message, row.head, row.quote)
        );
      case 'private':
        return (
          <Suspense>
            <PrivateRow session={session} reply={row.reply} />
          </Suspense>
        );
      case 'gap':
        return <GapRow />;
      case 'pending':
        return <PendingRow session={session} pending={row.pending} head={row.head} me={me} quoted={find(row.pending.replyTo)} />;
    }
  };

  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={scroller}
        role="log"
        // Older pages that load are no news: `Announcements` tells what is.
        aria-live="off"
        aria-label="Messages"
        tabIndex={0}
        className="flex min-h-0 flex-1 flex-col overflow-x-hidden overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        {/* If the messages do not fill the screen, they stand above the composer, not under the header. */}
        <div className="grow" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          data={rows}
          shift={shift}
          bufferSize={600}
          keepMounted={keepMounted}
          onScroll={onScroll}
          onResize={end.onResize}
        >
          {(row) => (
            <div key={row.key} className="measure">
              {renderRow(row)}
            </div>
          )}
        </Virtualizer>
        <div className="h-4 shrink-0" />
      </div>
      <button
        type="button"
        onClick={toLatest}
        inert={end.atEnd}
        className={cx(
          'absolute bottom-3 left-1/2 flex h-8 -translate-x-1/2 items-center gap-2 rounded-full max-wide:h-10 border border-line bg-surface px-3.5 text-13 font-medium text-ink-2 shadow-float transition-opacity duration-150 hover:text-ink',
          end.atEnd && 'pointer-events-none opacity-0',
        )}
      >
        <ArrowDown {...icon} size={14} />
        Latest messages
      </button>
    </div>
  );
}

const none: never[] = [];
