import { AppError } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';

/** Refuses a caller who says that they are somebody else. @param said an id or a username. @throws AppError FORBIDDEN */
export function refuseOtherUser({ userId, username }: Actor, said: string | null | undefined): void {
  if (said === undefined || said === null || said.toLowerCase() === userId || said.toLowerCase() === username) return;
  throw new AppError('FORBIDDEN', 'user_id: it must be yours, or left out.', { field: 'user_id' });
}
