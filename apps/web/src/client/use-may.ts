import { may, type Facts, type OperationName, type RoomFacts, type RoomRole, type RoomView } from '@parley/contracts';
import { useAuth } from './client-context.js';

/** The facts that the table of operations needs: the room's own, and the person's role in it. */
export function roomFacts({ visibility, archivedAt, replyControl }: RoomView, role: RoomRole | null): RoomFacts {
  return { role, visibility, archived: archivedAt !== null, replyControl };
}

/** Asks the table of operations, as the server does, so that the page offers nothing that the server would refuse. */
export function useMay(room: RoomFacts | null = null): (operation: OperationName, call?: Pick<Facts, 'own' | 'aspect'>) => boolean {
  const auth = useAuth();
  const instanceRole = auth.kind === 'signedIn' ? auth.user.role : null;
  return (operation, call) => may(operation, { instanceRole, room, ...call });
}
