import { maxMessageBytes, may, splitCommand, utf8Bytes, type MessageView, type PrivateReply } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import { helpText } from '@parley/contracts/commands';
import { Check } from 'lucide-react';
import { useRoomState } from '../../client/client-context.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { useRoomActions } from './room-actions.js';

/**
 * Posts a private answer to the room as an ordinary message of the user. Not offered for texts that everyone can look up, nor for those
 * longer than a message may be.
 */
export function PostToRoom({ reply }: { reply: PrivateReply }) {
  const { session, me, place } = useRoomActions();
  const { messages, pending } = useRoomState(session);
  if (!may('messages.send', { instanceRole: me.role, room: place }) || !isPostable(reply)) return null;
  const content = sentText(reply.content);
  const posted = pending.some((message) => message.content === content) || isSaid(messages, me.id, content, reply.createdAt);
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

/** Whether the person has posted this text since the answer. */
function isSaid(messages: readonly MessageView[], by: string, content: string, since: string): boolean {
  for (let i = messages.length - 1; i >= 0 && messages[i]!.createdAt >= since; i--) {
    const message = messages[i]!;
    if (message.author.type === 'user' && message.author.id === by && message.content === content) return true;
  }
  return false;
}

function isPostable({ status, content }: PrivateReply): boolean {
  return (
    (status === 'complete' || status === 'stopped') &&
    sentText(content) !== '' &&
    !content.startsWith(helpText()) &&
    splitCommand(sentText(content)) === null &&
    utf8Bytes(content) <= maxMessageBytes
  );
}
