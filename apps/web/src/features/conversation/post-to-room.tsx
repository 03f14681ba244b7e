import { helpText, maxMessageBytes, parseCommand, utf8Bytes, type PrivateReply } from '@parley/contracts';
import { Check } from 'lucide-react';
import { useRoomState } from '../../client/client-context.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { useRoomActions } from './room-actions.js';

/**
 * Says a private answer in the room, as a message of one's own like any other. Offered where that can work: not for what
 * everyone can look up, nor for what is longer than a message may be.
 */
export function PostToRoom({ reply }: { reply: PrivateReply }) {
  const { session, me, role, archived } = useRoomActions();
  const { messages, pending } = useRoomState(session);
  if (role === null || archived || !isPostable(reply)) return null;
  const content = reply.content.trim();
  const mine = messages.filter(({ author }) => author.type === 'user' && author.id === me.id);
  const posted = [...pending, ...mine].some((message) => message.content === content && message.createdAt >= reply.createdAt);
  return (
    <p role="status" className="mt-2.5 flex h-6 items-center gap-1.5 text-13 text-ink-3">
      {posted ? (
        <>
          <Check {...icon} size={14} />
          Posted
        </>
      ) : (
        <Button size="small" className="text-ink-2" onClick={() => session.send(content)}>
          Post to room
        </Button>
      )}
    </p>
  );
}

function isPostable({ status, content }: PrivateReply): boolean {
  return (
    (status === 'complete' || status === 'stopped') &&
    content.trim() !== '' &&
    content !== helpText() &&
    parseCommand(content).kind === 'none' &&
    utf8Bytes(content) <= maxMessageBytes
  );
}
