import { Popover } from '@base-ui/react/popover';
import type { QueuedReply, RoomView } from '@parley/contracts';
import type { RefObject } from 'react';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useCall } from '../../client/use-call.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { Button } from '../../components/ui/button.js';
import { apart, Sentence } from '../../components/ui/sentence.js';
import { answering, waitsFor } from './queue-text.js';

interface QueueListProps {
  session: RoomSession;
  room: RoomView;
  me: string;
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
}

/** The answers that are being written, and those that wait in the order of their turns, with *Stop* or *Cancel* for whoever may. */
export default function QueueList({ session, room, me, anchor, onClose }: QueueListProps) {
  const { queue, mine } = useRoomState(session);
  const may = useMay(roomFacts(room, mine?.role ?? null));
  const unnamed = queue ? queue.count - queue.replies.length : 0;
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner anchor={anchor} side="top" align="start" sideOffset={6} className="z-20">
          <Popover.Popup
            aria-label="Answers under way"
            className="w-84 max-w-[calc(100vw-28px)] rounded-card border border-line bg-surface p-2 text-14 shadow-float outline-none"
          >
            {queue ? (
              <ul className="flex max-h-[42vh] flex-col overflow-y-auto">
                {queue.replies.map((reply) => (
                  <Entry
                    key={reply.messageId}
                    reply={reply}
                    me={me}
                    session={session}
                    mayStop={may('replies.stop', { own: reply.askedBy.id === me })}
                  />
                ))}
              </ul>
            ) : (
              <p className="px-1.5 py-1 text-ink-2">Nobody is being answered now.</p>
            )}
            {unnamed > 0 && <p className="px-1.5 pt-1 text-13 text-ink-3">and {unnamed} more</p>}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Entry({ reply, me, session, mayStop }: { reply: QueuedReply; me: string; session: RoomSession; mayStop: boolean }) {
  const { busy, problem, call } = useCall();
  const { character, askedBy, writing, messageId } = reply;
  const who = askedBy.id === me ? 'you' : apart(askedBy.name);
  const text = reply.waitsFor ? waitsFor(reply, me) : writing ? answering(reply, me) : `${apart(character.name)}, for ${who}`;
  return (
    <li className="flex min-h-9 items-center gap-2 px-1.5 max-wide:min-h-11">
      <span className="min-w-0 flex-1">
        <span className="block truncate">
          <Sentence text={text} />
        </span>
        {problem && (
          <span role="alert" className="block text-13 text-danger">
            {problem}
          </span>
        )}
      </span>
      {!writing && !reply.waitsFor && <span className="text-12 text-ink-3">waiting</span>}
      {mayStop && (
        <Button
          size="small"
          disabled={busy}
          aria-label={`${writing ? 'Stop' : 'Cancel'}: ${character.name} for ${askedBy.id === me ? 'you' : askedBy.name}`}
          onClick={() => void call(() => session.stop(messageId))}
        >
          {writing ? 'Stop' : 'Cancel'}
        </Button>
      )}
    </li>
  );
}
