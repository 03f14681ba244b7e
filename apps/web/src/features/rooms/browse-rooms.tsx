import type { RoomView } from '@parley/contracts';
import { Link, useNavigate } from '@tanstack/react-router';
import { useInbox } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { QueriesProvider } from '../../client/queries-provider.js';
import { trpc } from '../../client/trpc.js';
import { useStillHere } from '../../client/use-still-here.js';
import { Button } from '../../components/ui/button.js';
import { Notice } from '../../components/ui/notice.js';
import { ScreenHeader } from '../../components/ui/screen-header.js';

/** Every public room, to look around and join. */
export default function BrowseRooms() {
  return (
    <QueriesProvider>
      <title>Browse rooms · Parley</title>
      <ScreenHeader title="Browse rooms" subtitle="Public rooms anyone here can join" />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="measure mx-0 flex min-h-full flex-col py-3">
          <PublicRooms />
        </div>
      </div>
    </QueriesProvider>
  );
}

function PublicRooms() {
  const rooms = trpc.rooms.browse.useQuery();
  const joined = new Set(useInbox().rooms?.map(({ room }) => room.id));
  if (rooms.isPending) return <BrowseSkeleton />;
  if (rooms.error) {
    return (
      <Notice title="The rooms could not be loaded" action={<Button onClick={() => void rooms.refetch()}>Try again</Button>}>
        {errorMessage(rooms.error)}
      </Notice>
    );
  }
  if (rooms.data.length === 0) return <Notice title="No public rooms yet">Make the first one with the plus beside Rooms.</Notice>;
  return (
    <ul className="flex flex-col">
      {rooms.data.map((room) => (
        <RoomLine key={room.id} room={room} joined={joined.has(room.id)} />
      ))}
    </ul>
  );
}

function RoomLine({ room, joined }: { room: RoomView; joined: boolean }) {
  const navigate = useNavigate();
  const mark = useStillHere();
  const join = trpc.rooms.join.useMutation({
    onMutate: mark,
    onSuccess: (_, __, isStillHere) => {
      if (isStillHere()) void navigate({ to: '/rooms/$roomId', params: { roomId: room.id } });
    },
  });
  return (
    <li className="flex items-center gap-4 border-b border-line py-3.5">
      <div className="min-w-0 flex-1">
        <h2 className="flex text-15 font-bold">
          <span aria-hidden="true" className="mr-[0.3em]">
            #
          </span>
          <span dir="auto" className="truncate">
            {room.name}
          </span>
        </h2>
        {room.topic && (
          <p dir="auto" className="line-clamp-2 text-14 text-ink-2">
            {room.topic}
          </p>
        )}
        <p className="text-13 text-ink-3">{room.memberCount === 1 ? '1 member' : `${room.memberCount} members`}</p>
        {join.error && (
          <p role="alert" className="text-13 text-danger">
            {errorMessage(join.error)}
          </p>
        )}
      </div>
      {joined ? (
        <Link
          to="/rooms/$roomId"
          params={{ roomId: room.id }}
          aria-label={`Open ${room.name}`}
          className="rounded-control px-3 py-1.5 text-14 font-medium text-accent hover:bg-hover"
        >
          Open
        </Link>
      ) : (
        <Button aria-label={`Join ${room.name}`} disabled={join.isPending} onClick={() => join.mutate({ roomId: room.id })}>
          {join.isPending ? 'Joining…' : 'Join'}
        </Button>
      )}
    </li>
  );
}

function BrowseSkeleton() {
  return (
    <div role="status" aria-label="Loading rooms" className="flex flex-col gap-8 py-4">
      {[40, 28, 52].map((width) => (
        <div key={width} className="flex flex-col gap-2.5">
          <span className="skeleton h-4 w-32" />
          <span className="skeleton h-3" style={{ width: `${width}%` }} />
        </div>
      ))}
    </div>
  );
}
