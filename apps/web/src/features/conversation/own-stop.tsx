import { isInProgress, type AccountView } from '@parley/contracts';
import { useEffect, useReducer } from 'react';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useCall } from '../../client/use-call.js';
import { useNow } from '../../components/time/use-now.js';
import { Button } from '../../components/ui/button.js';
import { isOwn } from './may.js';

/**
 * *Stop* beside the box, for the answer that the user asked for last: shown while that answer's row, with its own *Stop*, is out of view.
 * Escape in the box stops the answer wherever it is, unless something else takes the key.
 */
export default function OwnStop({ session, me }: { session: RoomSession; me: AccountView }) {
  const { messages, privateReplies } = useRoomState(session);
  const asked = messages.findLast((message) => message.kind === 'reply' && isInProgress(message.status) && isOwn(message, me.id));
  const id = asked?.id ?? privateReplies.findLast(({ status }) => isInProgress(status))?.id;
  return id === undefined ? null : <StopOne key={id} id={id} isPrivate={!asked} session={session} />;
}

function StopOne({ id, isPrivate, session }: { id: string; isPrivate: boolean; session: RoomSession }) {
  const { busy, problem, call } = useCall();
  const [, look] = useReducer((times: number) => times + 1, 0);
  // Rows come and go without a scroll too, while the answer grows.
  useNow(1000);
  useEffect(() => {
    // The list scrolls, not the page, and a scroll does not bubble.
    document.addEventListener('scroll', look, true);
    return () => document.removeEventListener('scroll', look, true);
  }, []);
  const stop = () => void call(() => session.stop(id));
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      if ((event.target as Element).matches('textarea[aria-label=Message]')) stop();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
  if (isInView(document.getElementById(`message-${id}`)) && !problem) return null;
  return (
    <span className="relative -top-1 ml-auto flex shrink-0 items-center gap-2">
      {problem ? (
        <span role="alert" className="text-danger">
          {problem}
        </span>
      ) : (
        // The queue's line says who answers in the room.
        <span className="text-ink-3 max-wide:hidden">{busy ? 'stopping' : isPrivate && 'answering you alone'}</span>
      )}
      <Button size="small" className="-my-0.5 text-ink-2" disabled={busy} title="Stop (Escape)" onClick={stop}>
        <span aria-hidden="true" className="size-2 rounded-[2px] bg-current" />
        Stop
      </Button>
    </span>
  );
}

function isInView(row: HTMLElement | null): boolean {
  const view = row?.closest('[role=log]')?.getBoundingClientRect();
  if (!row || !view) return false;
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > view.top && top < view.bottom;
}
