import { useNavigate } from '@tanstack/react-router';
import { useClient } from './client-context.js';

/** Opens the one-to-one room with someone, made at the first time. Rejects with the call's error. */
export function useOpenDirect() {
  const { trpc } = useClient();
  const navigate = useNavigate();
  return async (who: { username: string } | { characterId: string }) => {
    const room = await trpc.rooms.direct.mutate(who);
    await navigate({ to: '/rooms/$roomId', params: { roomId: room.id } });
  };
}
