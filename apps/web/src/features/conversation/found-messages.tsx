import type { MessageView } from '@parley/contracts';
import { firstWords } from '@parley/contracts/markdown';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { clockTime } from '../../components/time/time.js';
import { AuthorMark } from '../../components/ui/author-mark.js';

const step = 20;

interface FoundMessagesProps {
  session: RoomSession;
  /** @default the session's */
  roomId?: string;
  seqs: readonly number[];
  cited: readonly number[];
}

/** The newest of some messages of a room, those that an answer cites marked; earlier ones by pages. */
export function FoundMessages({ session, roomId = session.roomId, seqs, cited }: FoundMessagesProps) {
  const { trpc } = useClient();
  const { messages } = useRoomState(session);
  const [shown, setShown] = useState(step);
  const [fetched, setFetched] = useState<readonly MessageView[]>([]);
  const wanted = seqs.slice(-shown);
  const found = new Map([...fetched, ...(roomId === session.roomId ? messages : [])].map((message) => [message.seq, message]));
  const missing = wanted.findLast((seq) => !found.has(seq));
  useEffect(() => {
    if (missing === undefined) return;
    let current = true;
    trpc.messages.list.query({ roomId, before: missing + 1, limit: 50 }).then(
      (page) => current && setFetched((before) => [...before, ...page.items]),
      // The numbers alone are shown then; pressing one goes to the message.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [trpc, roomId, missing]);
  return (
    <>
      <ul className="flex flex-col gap-1">
        {wanted.toReversed().map((seq) => {
          const message = found.get(seq);
          return (
            <li key={seq}>
              <Link
                to="/rooms/$roomId"
                params={{ roomId }}
                search={{ at: seq }}
                {...(message && { hash: `message-${message.id}` })}
                preload={false}
                className="-mx-1.5 block rounded-chip px-1.5 py-1 text-13 hover:bg-hover"
              >
                {message ? (
                  <>
                    <span className="flex items-baseline gap-1.5 text-ink-3">
                      <bdi className="truncate font-medium text-ink">{message.author.name}</bdi>
                      <AuthorMark author={message.author} />
                      <span className="tabular-nums">{clockTime(message.createdAt)}</span>
                      {cited.includes(seq) && <span className="ml-auto text-12 text-accent">cited</span>}
                    </span>
                    <span dir="auto" className="line-clamp-2 wrap-anywhere text-ink-2">
                      {firstWords(message.content)}
                    </span>
                  </>
                ) : (
                  `Message ${seq}`
                )}
              </Link>
            </li>
          );
        })}
      </ul>
      {seqs.length > shown && (
        <button type="button" className="mt-1 h-8 text-13 text-accent hover:underline max-wide:h-11" onClick={() => setShown(shown + step)}>
          Show earlier ones
        </button>
      )}
    </>
  );
}
