import { Navigate } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import { useInbox } from '../../client/client-context.js';
import { Notice } from '../../components/ui/notice.js';
import { lastRoom } from './last-room.js';

/** The list of rooms on a phone; beside it, on a wider screen, the room last open. */
export function HomeRoute() {
  const { rooms } = useInbox();
  const wide = useMedia('(min-width: 48rem)');
  if (!wide || !rooms) return null;
  const last = lastRoom.read();
  const open = rooms.find(({ room }) => room.id === last) ?? rooms[0];
  if (open) return <Navigate to="/rooms/$roomId" params={{ roomId: open.room.id }} replace />;
  return <Notice title="No room yet">Make a room with the plus beside Rooms, or browse the public ones.</Notice>;
}

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => window.matchMedia(query).matches,
  );
}
