import type { MessageView } from '@parley/contracts';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { useDebounced } from '../../client/use-debounced.js';
import { RoomMark } from '../../components/rooms/room-mark.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button, IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';
import { groupByRoom } from './group-results.js';
import { snippet } from './snippet.js';
import { AuthorMark } from '../../components/ui/author-mark.js';

/**
 * Searches messages by their words, in one room or in all rooms of the user. The address contains the search, so that *Back* returns to
 * it.
 */
export default function SearchPage() {
  const { q = '', room } = useSearch({ from: '/signed-in/search' });
  const navigate = useNavigate();
  const { history } = useRouter();
  const joined = useInbox().rooms?.find((each) => each.room.id === room);
  const [typed, setTyped] = useState(q);
  const query = useDebounced(typed.trim(), 250);
  const told = useRef(q);
  useEffect(() => {
    if (q === told.current) return;
    // Another part of the page asked for a new search.
    told.current = q;
    setTyped(q);
  }, [q]);
  useEffect(() => {
    // The user may be on the way to another screen whose code is still loading: leave them alone.
    if (query === told.current || history.location.pathname !== '/search') return;
    told.current = query;
    void navigate({ to: '/search', search: (known) => ({ ...known, q: query }), replace: true });
  }, [query, navigate, history]);
  return (
    <QueriesProvider>
      <title>Search · Parley</title>
      <ScreenHeader title="Search" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="measure mx-0 flex min-h-full flex-col py-4">
          <div className="flex h-10 items-center gap-2.5 rounded-control border border-line-strong bg-surface px-3 focus-within:border-accent">
            <Search {...icon} className="shrink-0 text-ink-3" />
            <input
              type="search"
              dir="auto"
              aria-label="Search messages"
              placeholder="Words of a message, “a phrase”, -without"
              autoFocus
              maxLength={200}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              className="min-w-0 flex-1 appearance-none bg-transparent text-15 outline-none max-wide:text-16 [&::-webkit-search-cancel-button]:hidden"
            />
            {room && joined && (
              <span className="flex max-w-48 min-w-0 shrink-0 items-center rounded-full border border-line py-0.5 pl-2.5 text-13 text-ink-2">
                <RoomMark room={joined.room} mine={joined.mine} />
                <IconButton
                  label="Search all rooms"
                  className="size-6"
                  onClick={() => void navigate({ to: '/search', search: { q: query }, replace: true })}
                >
                  <X {...icon} size={13} />
                </IconButton>
              </span>
            )}
          </div>
          {query === '' ? (
            <Notice title="Search what was said">
              {room ? 'In this room: messages and answers.' : 'In every room you are in: messages and answers.'}
            </Notice>
          ) : (
            <Results query={query} roomId={room} />
          )}
        </div>
      </div>
    </QueriesProvider>
  );
}

function Results({ query, roomId }: { query: string; roomId: string | undefined }) {
  const { trpc } = useClient();
  const results = useInfiniteQuery({
    queryKey: ['search', query, roomId],
    queryFn: ({ pageParam }) =>
      trpc.messages.search.query({ query, limit: 30, ...(roomId ? { roomId } : {}), ...(pageParam === null ? {} : { before: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const { rooms } = useInbox();
  const groups = useMemo(() => groupByRoom(results.data?.pages.flatMap(({ items }) => items) ?? []), [results.data]);
  if (results.isPending) return <div role="status" aria-label="Searching" className="skeleton mt-5 h-24" />;
  if (results.error) {
    return (
      <Notice title="The search did not work" action={<Button onClick={() => void results.refetch()}>Try again</Button>}>
        {errorMessage(results.error)}
      </Notice>
    );
  }
  if (groups.length === 0) return <Notice title="Nothing found">Every word must be there; the last may be only begun.</Notice>;
  return (
    <>
      {groups.map(({ roomId: id, messages }) => {
        const joined = rooms?.find(({ room }) => room.id === id);
        return (
          <section key={id} className="mt-5">
            <h2 className="border-b border-line pb-1.5 text-14 font-bold">
              {joined && <RoomMark room={joined.room} mine={joined.mine} />}
            </h2>
            <ul>
              {messages.map((message) => (
                <ResultLine key={message.id} message={message} query={query} />
              ))}
            </ul>
          </section>
        );
      })}
      {results.hasNextPage && (
        <Button className="mt-4 self-start" disabled={results.isFetchingNextPage} onClick={() => void results.fetchNextPage()}>
          {results.isFetchingNextPage ? 'Loading…' : 'Earlier results'}
        </Button>
      )}
    </>
  );
}

function ResultLine({ message, query }: { message: MessageView; query: string }) {
  const { author } = message;
  const today = useToday();
  return (
    <li className="border-b border-line">
      <Link
        to="/rooms/$roomId"
        params={{ roomId: message.roomId }}
        search={{ at: message.seq }}
        hash={`message-${message.id}`}
        preload={false}
        className="-mx-2 flex gap-3 rounded-control px-2 py-2.5 hover:bg-hover"
      >
        <Avatar name={author.name} avatar={author.avatar} kind={author.type === 'character' ? 'character' : 'person'} size="small" />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2 text-14">
            <span dir="auto" className="truncate font-bold">
              {author.name}
            </span>
            <AuthorMark author={author} />
            <time dateTime={message.createdAt} className="shrink-0 text-13 text-ink-3 tabular-nums">
              {dayName(message.createdAt, new Date(today))} {clockTime(message.createdAt)}
            </time>
          </span>
          <span dir="auto" className="line-clamp-2 text-14 wrap-anywhere text-ink-2">
            {snippet(message.content, query).map((part, index) =>
              part.hit ? (
                <mark key={index} className="rounded-[3px] bg-accent-soft text-ink">
                  {part.text}
                </mark>
              ) : (
                part.text
              ),
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}
