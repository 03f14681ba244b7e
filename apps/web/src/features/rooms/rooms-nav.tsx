import { Link } from '@tanstack/react-router';
import { Bot, Compass, Plus } from 'lucide-react';
import { Suspense, useState } from 'react';
import { useInbox, useOnline } from '../../client/client-context.js';
import type { InboxState } from '../../client/types.js';
import { IconButton } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';
import { RoomMark } from '../../components/rooms/room-mark.js';

const Invitations = part(() => import('./invitations.js'));
const NewRoomDialog = part(() => import('./new-room-dialog.js'));

type JoinedRoom = NonNullable<InboxState['rooms']>[number];

const row =
  'flex h-[34px] shrink-0 items-center gap-2 rounded-control px-2.5 text-14 transition-colors duration-150 hover:bg-hover max-wide:h-11 max-wide:text-15 aria-[current=page]:bg-accent-soft aria-[current=page]:font-bold aria-[current=page]:text-ink';

export function RoomsNav({ onFindPeople }: { onFindPeople: () => void }) {
  const { rooms, invitations } = useInbox();
  const [creating, setCreating] = useState<'no' | 'open' | 'closed'>('no');
  const direct = byName(rooms?.filter(({ mine }) => mine.direct) ?? []);
  return (
    <nav aria-label="Rooms" className="flex min-h-0 flex-1 flex-col overflow-y-auto px-2.5 pb-4">
      <SectionHead title="Rooms" action="New room" onAction={() => setCreating('open')} />
      {rooms ? (
        <RoomList rooms={byName(rooms.filter(({ mine }) => !mine.direct))} empty="You are in no room yet. Make one, or join one below." />
      ) : (
        <RoomListSkeleton />
      )}
      {invitations.length > 0 && (
        <Suspense>
          <Invitations invitations={invitations} />
        </Suspense>
      )}
      <Link to="/browse" className={cx(row, 'text-ink-2')}>
        <Compass {...icon} />
        Browse rooms
      </Link>
      {rooms && (
        <>
          <SectionHead title="Direct" action="New conversation" onAction={onFindPeople} />
          <RoomList rooms={direct} />
        </>
      )}
      <Link to="/characters" className={cx(row, 'text-ink-2')}>
        <Bot {...icon} />
        Characters
      </Link>
      <Summon onDrop={() => setCreating('no')}>
        {creating !== 'no' && <NewRoomDialog open={creating === 'open'} onClose={() => setCreating('closed')} />}
      </Summon>
    </nav>
  );
}

function SectionHead({ title, action, onAction }: { title: string; action: string; onAction: () => void }) {
  return (
    <div className="sticky top-0 z-1 flex items-center justify-between bg-sidebar pt-2 pr-0.5 pb-1 pl-2.5">
      <h2 className="text-12 font-medium text-ink-3">{title}</h2>
      <IconButton label={action} className="size-7 max-wide:size-10" onClick={onAction}>
        <Plus {...icon} />
      </IconButton>
    </div>
  );
}

/** Sorted by name, so that a room stays where people expect it. */
function byName(rooms: readonly JoinedRoom[]): JoinedRoom[] {
  const name = ({ room, mine }: JoinedRoom) => mine.direct?.name ?? room.name;
  return rooms.toSorted((a, b) => name(a).localeCompare(name(b), undefined, { numeric: true }));
}

function RoomList({ rooms, empty }: { rooms: JoinedRoom[]; empty?: string }) {
  const online = useOnline();
  if (rooms.length === 0) return empty ? <p className="px-2.5 py-2 text-14 text-ink-2">{empty}</p> : null;
  return (
    <ul className="flex flex-col">
      {rooms.map(({ room, mine }) => {
        const unread = !mine.muted && mine.unread > 0;
        return (
          <li key={room.id}>
            <Link
              to="/rooms/$roomId"
              params={{ roomId: room.id }}
              className={cx(row, unread ? 'font-bold text-ink' : mine.muted || room.archivedAt ? 'text-ink-3' : 'text-ink-2')}
            >
              <RoomMark room={room} mine={mine} online={mine.direct !== null && online.includes(mine.direct.id)} />
              {unread && <Unread count={mine.unread} mentions={mine.mentions} />}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** Mentions are a filled number, other unread messages a plain one. */
function Unread({ count, mentions }: { count: number; mentions: number }) {
  const shown = mentions > 0 ? mentions : count;
  return (
    <span
      className={cx(
        'ml-auto shrink-0 text-12 tabular-nums',
        mentions > 0 ? 'rounded-full bg-accent px-[7px] py-px font-bold text-on-accent' : 'font-medium text-ink-2',
      )}
    >
      <span aria-hidden="true">{shown > 99 ? '99+' : shown}</span>
      <span className="sr-only">
        , {count} unread{mentions > 0 && `, ${mentions} ${mentions === 1 ? 'mention' : 'mentions'}`}
      </span>
    </span>
  );
}

function RoomListSkeleton() {
  return (
    <div role="status" aria-label="Loading rooms" className="flex flex-col gap-4 px-2.5 py-2.5">
      <span className="skeleton h-3.5 w-24" />
      <span className="skeleton h-3.5 w-32" />
      <span className="skeleton h-3.5 w-20" />
    </div>
  );
}
