import type { InstanceRole } from '@parley/contracts';

/**
 * Who is calling, proven by an access token. Every write names `userId` and `sessionId` in its statement, so that nothing is written if
 * the session ended or the account was disabled meanwhile.
 */
export interface Actor {
  userId: string;
  sessionId: string;
  username: string;
  role: InstanceRole;
  /** When the access token ends, in milliseconds since the epoch. */
  expiresAt: number;
}
