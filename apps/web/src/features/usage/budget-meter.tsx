import { isInProgress, type BudgetView, type RoomView } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { meterText, nearestBudget, usedShare } from './budget-text.js';
import { ShareBar } from './share-bar.js';

/** How long after the end of an answer the server is asked; and, where others’ answers end, how long at least after the last time; in milliseconds. */
const settledMs = 1_000;
const everyMs = 20_000;
/** The longest that a timer of the browser can be set to, in milliseconds. */
const maxTimerMs = 2_147_483_647;

/**
 * One line above the box from four fifths of a budget on, of that which will stop a call first. It is asked for when the room opens, after
 * answers end, and when a budget begins anew.
 */
export function BudgetMeter({ session, room, me }: { session: RoomSession; room: RoomView; me: string }) {
  const { trpc } = useClient();
  const { messages, privateReplies } = useRoomState(session);
  const [budgets, setBudgets] = useState<readonly BudgetView[]>([]);
  /** When the server was asked last, when it is to be asked next, and which of the reader's answers had ended when that was decided. */
  const asking = useRef({ last: -Infinity, next: Infinity, own: '' });
  const roomId = room.id;
  const ended = messages.filter(({ kind, status }) => kind === 'reply' && !isInProgress(status));
  const mine = [...ended.filter(({ reply }) => reply?.askedBy === me), ...privateReplies.filter(({ status }) => !isInProgress(status))];
  const [others, own] = [ended, mine].map((each) => each.map(({ id, attempt }) => `${id} ${attempt}`).join());
  const resetsAt = budgets.map((budget) => Date.parse(budget.resetsAt)).toSorted((a, b) => a - b)[0];
  useEffect(() => {
    const state = asking.current;
    const ask = () => {
      Object.assign(state, { last: Date.now(), next: Infinity });
      // Without an answer the line stays as it is: a call that passes a limit is refused with the reason.
      trpc.usage.meter.query({ roomId }).then(setBudgets, () => undefined);
    };
    const now = Date.now();
    const wait = state.last === -Infinity ? 0 : own === state.own ? Math.max(settledMs, state.last + everyMs - now) : settledMs;
    Object.assign(state, { next: Math.min(state.next, now + wait), own });
    const timer = setTimeout(ask, state.next - now);
    return () => clearTimeout(timer);
  }, [trpc, roomId, others, own]);
  useEffect(() => {
    if (resetsAt === undefined) return;
    // What begins anew is not near its end any more.
    const timer = setTimeout(
      () => setBudgets((shown) => shown.filter((budget) => Date.parse(budget.resetsAt) > Date.now())),
      Math.min(maxTimerMs, Math.max(0, resetsAt - Date.now()) + settledMs),
    );
    return () => clearTimeout(timer);
  }, [resetsAt]);
  const budget = nearestBudget(budgets);
  const isFull = budget !== null && budget.used >= budget.limit;
  return (
    // The status element exists before it has a text, so that screen readers announce the text.
    <div role="status" aria-label="Budget" className={budget ? 'measure flex items-center gap-3 pb-1.5 text-13 text-ink-2' : 'sr-only'}>
      {budget && (
        <>
          <span className="w-10 shrink-0 pl-1 max-wide:hidden">
            <ShareBar share={usedShare(budget)} isFull={isFull} />
          </span>
          <span className="min-w-0">
            <span className={isFull ? 'text-danger' : undefined}>{meterText(budget)}</span>{' '}
            {budget.scope === 'person' && (
              <Link to="/usage/$of" params={{ of: 'mine' }} className="text-ink-3 hover:text-ink hover:underline">
                Usage
              </Link>
            )}
          </span>
        </>
      )}
    </div>
  );
}
