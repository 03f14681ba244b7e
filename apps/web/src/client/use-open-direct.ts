import { useNavigate } from '@tanstack/react-router';
import { useClient } from './client-context.js';
import { useStillHere } from './use-still-here.js';

/** Opens the one-to-one room with someone; the server makes it the first time. Rejects with the call's error. */
export function useOpenDirect() {
  const { trpc } = useClient();
  const navigate = useNavigate();
  const mark = useStillHere();
  return async (who: { username: string } | { characterId: string }) => {
    const isStillHere = mark();
    const room = await trpc.rooms.direct.mutate(who);
    if (isStillHere()) await navigate({ to: '/rooms/$roomId', params: { roomId: room.id } });
  };
}
