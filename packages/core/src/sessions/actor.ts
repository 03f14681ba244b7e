import type { InstanceRole } from '@parley/contracts';

/**
 * Who is calling, proven by an access token. Every write names both ids in its statement, so that a session which ended or
 * an account which was disabled meanwhile writes nothing.
 */
export interface Actor {
  userId: string;
  sessionId: string;
  username: string;
  role: InstanceRole;
  /** When the access token ends, in milliseconds since the epoch. */
  expiresAt: number;
}
