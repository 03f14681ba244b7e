import { may, type Facts, type OperationName, type RoomFacts, type RoomRole, type RoomView } from '@parley/contracts';
import { useAuth } from './client-context.js';

/** A room, and what one is in it, as the table of operations asks for them. */
export function roomFacts({ visibility, archivedAt }: RoomView, role: RoomRole | null): RoomFacts {
  return { role, visibility, archived: archivedAt !== null };
}

/** Asks the table of operations, which the server goes by too, so that nothing is offered that would be refused. */
export function useMay(room: RoomFacts | null = null): (operation: OperationName, call?: Pick<Facts, 'own' | 'aspect'>) => boolean {
  const auth = useAuth();
  const instanceRole = auth.kind === 'signedIn' ? auth.user.role : null;
  return (operation, call) => may(operation, { instanceRole, room, ...call });
}
