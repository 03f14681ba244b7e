import type { RoomView } from '@parley/contracts';
import { useRef, useState } from 'react';
import type { RoomSession, RoomState } from '../../client/types.js';
import { part } from '../../components/ui/part.js';
import { Sentence } from '../../components/ui/sentence.js';
import { Summon } from '../../components/ui/summon.js';
import { queueText } from './queue-text.js';

const QueueList = part(() => import('./queue-list.js'));

interface QueueLineProps {
  session: RoomSession;
  room: RoomView;
  me: string;
  queue: NonNullable<RoomState['queue']>;
}

/** Who is being answered and whose turn is next, in one line, which opens the list of all. */
export default function QueueLine({ session, room, me, queue }: QueueLineProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const text = queueText(queue, me);
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="min-w-0 truncate rounded-chip px-1 text-left hover:text-ink aria-expanded:text-ink max-wide:relative max-wide:py-2 [&_bdi]:font-medium [&_bdi]:text-ink"
      >
        <Sentence text={text} />
      </button>
      <Summon onDrop={() => setOpen(false)}>
        {open && <QueueList session={session} room={room} me={me} anchor={button} onClose={() => setOpen(false)} />}
      </Summon>
    </>
  );
}
