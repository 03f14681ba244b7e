import type { MessageView } from '@parley/contracts';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import type { RoomSession } from '../../client/types.js';
import { firstWords } from '@parley/contracts/markdown';
import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { AuthorMark } from '../../components/ui/author-mark.js';

/** The room's pinned messages, the latest pin first; pressing one goes there. */
export default function Pins({ session }: { session: RoomSession }) {
  const { trpc } = useClient();
  const today = useToday();
  const { messages } = useRoomState(session);
  const [pins, setPins] = useState<MessageView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // The router ignores a link to the current address, so each press gets a new visit number.
  const [visit, setVisit] = useState(() => Date.now());
  // Fetch the pins again whenever those among the loaded messages change.
  const shown = messages
    .filter(({ pinnedAt }) => pinnedAt !== null)
    .map(({ id, rev }) => `${id} ${rev}`)
    .join();
  useEffect(() => {
    let wanted = true;
    trpc.messages.pins.query({ roomId: session.roomId }).then(
      (found) => {
        if (!wanted) return;
        setPins(found);
        setProblem(null);
      },
      (error: unknown) => wanted && setProblem(errorMessage(error)),
    );
    return () => {
      wanted = false;
    };
  }, [trpc, session, shown]);
  if (problem) return <p className="text-13 text-danger">{problem}</p>;
  if (!pins) return <span role="status" aria-label="Loading pins" className="skeleton my-2 block h-3.5 w-40" />;
  if (pins.length === 0) return <p className="text-13 text-ink-3">Nothing is pinned yet. Moderators pin from a message’s menu.</p>;
  return (
    <ul>
      {pins.map((message) => (
        <li key={message.id}>
          <Link
            to="/rooms/$roomId"
            params={{ roomId: message.roomId }}
            search={{ at: message.seq }}
            hash={`message-${message.id}`}
            state={{ visit }}
            onClick={() => setVisit(visit + 1)}
            preload={false}
            className="-mx-1.5 block rounded-chip px-1.5 py-1.5 text-13 hover:bg-hover"
          >
            <span className="flex gap-2 text-ink-3">
              <span dir="auto" className="truncate font-medium text-ink">
                {message.author.name}
              </span>
              <AuthorMark author={message.author} />
              <span className="shrink-0 tabular-nums">
                {dayName(message.createdAt, new Date(today))} {clockTime(message.createdAt)}
              </span>
            </span>
            <span dir="auto" className="line-clamp-2 wrap-anywhere text-ink-2">
              {firstWords(message.content)}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
