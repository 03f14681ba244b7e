import type { AdminRoom } from '@parley/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Hash, Lock } from 'lucide-react';
import { useState } from 'react';
import { useClient, useInbox } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { useDebounced } from '../../client/use-debounced.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { Button } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { Filters } from './filters.js';
import { PagedList } from './paged-list.js';
import { Mark } from './people.js';

const shown = { all: 'All rooms', public: 'Public', private: 'Private', archived: 'Archived', orphans: 'Without an owner' } as const;

/** *Rooms*: every room but those of two, the largest first. */
export default function Rooms() {
  const { trpc } = useClient();
  const [query, setQuery] = useState('');
  const [show, setShow] = useState<keyof typeof shown>('all');
  const wanted = useDebounced(query.trim(), 200);
  return (
    <>
      <Filters
        find="Find rooms"
        placeholder="A part of the name"
        query={query}
        onQuery={setQuery}
        choices={shown}
        choice={show}
        onChoice={setShow}
      />
      <PagedList
        label="Rooms"
        of={['rooms', wanted, show]}
        load={(after) => trpc.admin.rooms.query({ query: wanted, show, ...(after === null ? {} : { after }) })}
        empty="There is no such room."
      >
        {(room) => <Room key={room.id} room={room} />}
      </PagedList>
    </>
  );
}

function Room({ room }: { room: AdminRoom }) {
  const { id, name, visibility, members, messages, owners, archivedAt, lastMessageAt } = room;
  const { trpc } = useClient();
  const queries = useQueryClient();
  const joined = useInbox().rooms?.some((each) => each.room.id === id) ?? false;
  const [asking, setAsking] = useState<'archive' | 'takeOver' | null>(null);
  const { busy, problem, call } = useCall();
  const again = () => queries.invalidateQueries({ queryKey: ['admin', 'rooms'] });
  const restore = async () => {
    if (await call(() => trpc.admin.archiveRoom.mutate({ roomId: id, archived: false }))) await again();
  };
  const facts = [
    `${members} ${members === 1 ? 'member' : 'members'}`,
    `${messages} ${messages === 1 ? 'message' : 'messages'}`,
    ...(lastMessageAt ? [`last ${dayName(lastMessageAt, new Date())}, ${clockTime(lastMessageAt)}`] : []),
  ];
  return (
    <li className="flex items-center gap-3 border-b border-line py-3 [content-visibility:auto] [contain-intrinsic-size:auto_64px] max-wide:flex-wrap">
      {visibility === 'private' ? (
        <Lock {...icon} aria-hidden="true" className="shrink-0 text-ink-3" />
      ) : (
        <Hash {...icon} aria-hidden="true" className="shrink-0 text-ink-3" />
      )}
      <div className="min-w-0 flex-1">
        <h3 className="flex min-w-0 items-baseline gap-2 text-14 font-bold">
          {joined ? (
            <Link to="/rooms/$roomId" params={{ roomId: id }} dir="auto" className="truncate hover:underline">
              {name}
            </Link>
          ) : (
            <span dir="auto" className="truncate">
              {name}
            </span>
          )}
          {visibility === 'private' && <Mark>Private</Mark>}
          {archivedAt && <Mark>Archived</Mark>}
          {owners.length === 0 && <Mark danger>No owner</Mark>}
        </h3>
        <p className="truncate text-13 text-ink-2">
          {facts.join(' · ')}
          {owners.length > 0 && ` · owned by ${owners.map((owner) => `@${owner}`).join(', ')}`}
        </p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      <div className="flex gap-1 max-wide:w-full max-wide:pl-[28px]">
        {owners.length === 0 && (
          <Button disabled={busy} aria-label={`Take over ${name}`} onClick={() => setAsking('takeOver')}>
            Take over
          </Button>
        )}
        {archivedAt ? (
          <Button disabled={busy} aria-label={`Open ${name} again`} onClick={() => void restore()}>
            Open again
          </Button>
        ) : (
          <Button look="danger" disabled={busy} aria-label={`Archive ${name}`} onClick={() => setAsking('archive')}>
            Archive
          </Button>
        )}
      </div>
      {asking === 'archive' && (
        <ConfirmDialog
          title={
            <>
              Archive <bdi>{name}</bdi>?
            </>
          }
          description="Nobody can write there any more; its members can still read. The room sees that you did it. You can open it again."
          confirm="Archive"
          onConfirm={() => trpc.admin.archiveRoom.mutate({ roomId: id, archived: true }).then(again)}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === 'takeOver' && (
        <ConfirmDialog
          title={
            <>
              Take over <bdi>{name}</bdi>?
            </>
          }
          description="You enter it as its owner, which the room sees, and can read what is said there."
          confirm="Take over"
          onConfirm={() => trpc.admin.takeOver.mutate({ roomId: id }).then(again)}
          onClose={() => setAsking(null)}
        />
      )}
    </li>
  );
}
