import { maxMessageBytes, may, utf8Bytes, type MessageView, type PrivateReply } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import { Check } from 'lucide-react';
import { useRoomState } from '../../client/client-context.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { useRoomActions } from './room-actions.js';

/**
 * Posts a private answer to the room as an ordinary message of the user, which says whose answer it was, and to what. Not offered for what the
 * server itself answered, which everyone can look up, nor for texts longer than a message may be, nor for a catch-up, which tells what was said
 * in other rooms.
 */
export function PostToRoom({ reply }: { reply: PrivateReply }) {
  const { session, me, place } = useRoomActions();
  const { messages, pending } = useRoomState(session);
  if (!may('messages.send', { instanceRole: me.role, room: place }) || !isPostable(reply)) return null;
  if (reply.about?.command === 'catchup') {
    // What was said without a model names no room.
    return reply.attempt > 0 && <p className="text-13 text-ink-3">It tells of all your rooms, so it cannot be posted to one of them.</p>;
  }
  const content = postedText(reply);
  const posted = pending.some((message) => message.content === content) || isSaid(messages, me.id, content, reply.createdAt);
  return (
    <p role="status" className="flex h-6 items-center gap-1.5 text-13 text-ink-3">
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

function isPostable(reply: PrivateReply): boolean {
  return (
    (reply.status === 'complete' || reply.status === 'stopped') &&
    reply.about !== undefined &&
    sentText(reply.content) !== '' &&
    utf8Bytes(postedText(reply)) <= maxMessageBytes
  );
}

/** The name stands as code, in which it forms nothing and calls nobody. */
function postedText({ content, about }: PrivateReply): string {
  const by = about?.by?.replaceAll('`', '’');
  return sentText(`*${by ? `\`${by}\` answered me privately, to` : 'A private answer to'} \`/${about?.command}\`:*\n\n${content}`);
}
