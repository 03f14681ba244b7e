import { hasRoomRole, type MessageView } from '@parley/contracts';
import { useReplyText } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { elapsed } from '../../components/time/time.js';
import { useNow } from '../../components/time/use-now.js';
import { Button } from '../../components/ui/button.js';
import { useRoomActions } from './room-actions.js';

/** How an answer comes along, and the way to stop it. `before`: how many asked for earlier are not finished. */
export default function ReplyProgress({ message, before }: { message: MessageView; before: number }) {
  const { session, me, role } = useRoomActions();
  const writing = useReplyText(session, message.id) !== '';
  const now = useNow(1000);
  const { busy, problem, call } = useCall();
  const mayStop = message.reply?.askedBy === me.id || (role !== null && hasRoomRole(role, 'moderator'));
  const since = Date.parse(message.reply?.startedAt ?? message.createdAt);
  const doing =
    message.status === 'queued' && before > 0
      ? `waiting · ${before} before it`
      : `${writing ? 'writing' : 'thinking'} · ${elapsed(now - since)}`;
  return (
    <>
      <span className="text-13 whitespace-nowrap text-ink-3 tabular-nums" aria-live="off">
        {busy ? 'stopping' : doing}
      </span>
      {mayStop && (
        <Button
          size="small"
          className="text-ink-2"
          disabled={busy}
          onClick={() => void call(() => session.stop(message.id))}
          title={problem ?? undefined}
        >
          <span aria-hidden="true" className="size-2 rounded-[2px] bg-current" />
          Stop
        </Button>
      )}
      {problem && (
        <span role="alert" className="sr-only">
          {problem}
        </span>
      )}
    </>
  );
}
