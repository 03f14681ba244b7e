import type { AccountView } from '@parley/contracts';
import { ArrowDown } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession, RoomState } from '../../client/types.js';
import { MarkdownContext } from '../../components/markdown/markdown-context.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { MessageRow } from './message-row.js';
import { DayRow, MessagesSkeleton, NewRow, PendingRow, PrivateRow, TopRow } from './other-rows.js';
import { ReplyRow } from './reply-row.js';
import { buildRows, type Row } from './rows.js';
import { useLoadOlder } from './use-load-older.js';
import { useMarkdownScope } from './use-markdown-scope.js';
import { useNewLine } from './use-new-line.js';
import { useOpenMessage } from './use-open-message.js';
import { useReading } from './use-reading.js';
import { useStickToEnd } from './use-stick-to-end.js';

/** How far from the top, in pixels, older history is asked for. */
const loadOlderWithin = 800;

export function Conversation({ session, me }: { session: RoomSession; me: AccountView }) {
  const state = useRoomState(session);
  if (!state.room || state.status === 'loading') return <LoadingConversation />;
  return <Messages session={session} me={me} state={state} room={state.room} />;
}

function LoadingConversation() {
  return (
    <div role="log" aria-label="Messages" aria-busy="true" className="flex min-h-0 flex-1 flex-col justify-end overflow-hidden">
      <div className="measure pb-4">
        <MessagesSkeleton rows={5} />
      </div>
    </div>
  );
}

interface MessagesProps {
  session: RoomSession;
  me: AccountView;
  state: RoomState;
  room: NonNullable<RoomState['room']>;
}

function Messages({ session, me, state, room }: MessagesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const newAfterSeq = useNewLine(session, me.id);
  const { messages, pending, privateReplies, hasOlder } = state;
  const rows = useMemo(
    () => buildRows({ messages, pending, privateReplies, newAfterSeq, me: me.id }),
    [messages, pending, privateReplies, newAfterSeq, me.id],
  );

  const end = useStickToEnd(list, rows.length);
  const { openMessage, flashing } = useOpenMessage(session, rows, list, end.release);
  const scope = useMarkdownScope(session, openMessage);
  useReading(session, end.atEnd);

  // History added above keeps what is being read in its place; virtua wants to be told about exactly those renders.
  const firstSeq = messages[0]?.seq ?? 0;
  const previousFirstSeq = useRef(firstSeq);
  const shift = firstSeq < previousFirstSeq.current;
  useLayoutEffect(() => {
    previousFirstSeq.current = firstSeq;
  });

  const { loadOlder, problem: olderProblem } = useLoadOlder(session, hasOlder);
  const onScroll = (offset: number) => {
    end.onScroll(offset);
    if (offset < loadOlderWithin && !olderProblem) loadOlder();
  };
  // A page that does not fill the screen cannot be scrolled: ask at once.
  useEffect(() => {
    const handle = list.current;
    if (handle && !olderProblem && handle.scrollSize <= handle.viewportSize + loadOlderWithin) loadOlder();
  }, [rows, loadOlder, olderProblem]);

  // Arrive at what is new if there is any, else at the end.
  const arrived = useRef(false);
  useLayoutEffect(() => {
    if (arrived.current) return;
    arrived.current = true;
    const line = rows.findIndex((row) => row.kind === 'new');
    if (line > 0) list.current?.scrollToIndex(line, { align: 'start', offset: -64 });
    else list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [rows]);

  const nameOf = useCallback(
    (userId: string) => session.getSnapshot().members.find((member) => member.user.id === userId)?.user.displayName ?? null,
    [session],
  );
  const renderRow = (row: Row) => {
    switch (row.kind) {
      case 'top':
        return <TopRow room={room} hasOlder={hasOlder} problem={olderProblem} onRetry={loadOlder} />;
      case 'day':
        return <DayRow instant={row.instant} />;
      case 'new':
        return <NewRow />;
      case 'message':
        return row.message.kind === 'reply' ? (
          <ReplyRow
            session={session}
            message={row.message}
            me={me.id}
            role={state.mine?.role ?? null}
            nameOf={nameOf}
            flash={flashing === row.message.id}
          />
        ) : (
          <MessageRow message={row.message} head={row.head} flash={flashing === row.message.id} />
        );
      case 'private':
        return <PrivateRow session={session} reply={row.reply} />;
      case 'pending':
        return <PendingRow session={session} pending={row.pending} head={row.head} me={me} />;
    }
  };

  return (
    <MarkdownContext value={scope}>
      <div className="relative flex min-h-0 flex-1 flex-col">
        <div
          ref={scroller}
          role="log"
          aria-label="Messages"
          tabIndex={0}
          className="flex min-h-0 flex-1 flex-col overflow-x-hidden overflow-y-auto overscroll-contain [overflow-anchor:none] focus-visible:-outline-offset-2"
        >
          {/* Few messages stand above the composer, not under the header. */}
          <div className="grow" />
          <Virtualizer
            ref={list}
            scrollRef={scroller}
            data={rows}
            shift={shift}
            bufferSize={600}
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
          onClick={end.toEnd}
          inert={end.atEnd}
          className={cx(
            'absolute bottom-3 left-1/2 flex h-8 -translate-x-1/2 items-center gap-2 rounded-full border border-line bg-surface px-3.5 text-13 font-medium text-ink-2 shadow-float transition-opacity duration-150 hover:text-ink',
            end.atEnd && 'pointer-events-none opacity-0',
          )}
        >
          <ArrowDown {...icon} size={14} />
          Latest messages
        </button>
      </div>
    </MarkdownContext>
  );
}
