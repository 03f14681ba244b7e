import { may, type MessageView } from '@parley/contracts';
import { useReplyText } from '../../client/client-context.js';
import { elapsed } from '../../components/time/time.js';
import { useNow } from '../../components/time/use-now.js';
import { isOwn } from './may.js';
import { useRoomActions } from './room-actions.js';
import { StopControl } from './stop-control.js';

/** The progress of a reply, and its *Stop*. @param before how many replies have their turn before it */
export default function ReplyProgress({ message, before }: { message: MessageView; before: number }) {
  const { session, me, place, nameOf } = useRoomActions();
  const writing = useReplyText(session, message.id) !== '';
  const now = useNow(1000);
  const mayStop = may('replies.stop', { instanceRole: me.role, room: place, own: isOwn(message, me.id) });
  const since = Date.parse(message.reply?.startedAt ?? message.createdAt);
  const queued = message.status === 'queued';
  const resting = message.reply?.tools?.find(({ state }) => state === 'waiting')?.waitsFor;
  const whom = resting === me.id ? 'you' : resting && (nameOf(resting) ?? 'a yes');
  const doing = whom
    ? `waiting for ${whom}`
    : queued && before > 0
      ? `waiting · ${before} before it`
      : `${writing ? 'writing' : queued ? 'waiting' : 'thinking'} · ${elapsed(now - since)}`;
  return <StopControl doing={doing} stop={mayStop ? () => session.stop(message.id) : null} className="text-13 text-ink-3" />;
}
