import { useLocation, useRouter } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useInbox } from '../../client/client-context.js';
import { useMedia, wideScreen } from '../../client/use-media.js';
import { part } from '../../components/ui/part.js';
import { lastRoom } from './last-room.js';

const NoRoom = part(() => import('./no-room.js'));

/** The list of rooms on a phone; beside it, on a wider screen, the room last open. */
export function HomeRoute() {
  const { left } = useLocation().state;
  const rooms = useInbox().rooms?.filter(({ room }) => room.id !== left);
  const router = useRouter();
  const wide = useMedia(wideScreen);
  const last = lastRoom.read();
  const open = wide && rooms ? (rooms.find(({ room }) => room.id === last) ?? rooms[0])?.room.id : undefined;
  useEffect(() => {
    // The user may be on the way to another screen whose code is still loading: leave them alone.
    if (open === undefined || router.history.location.pathname !== '/') return;
    void router.navigate({ to: '/rooms/$roomId', params: { roomId: open }, replace: true });
  }, [router, open]);
  if (!wide || !rooms || open !== undefined) return null;
  return (
    <Suspense>
      <NoRoom />
    </Suspense>
  );
}
