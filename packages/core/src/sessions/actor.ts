import type { InstanceRole, KeyScope } from '@parley/contracts';

/** What a key allows of what its person may do. */
export interface KeyRights {
  scopes: readonly KeyScope[];
  /** The rooms that it is limited to; null for all of the person's. */
  roomIds: readonly string[] | null;
}

/**
 * Who is calling, proven by an access token or a key. Every write names `userId` and `sessionId` in its statement, so that nothing is written if
 * the session ended or the account was disabled meanwhile.
 */
export interface Actor {
  userId: string;
  sessionId: string;
  username: string;
  role: InstanceRole;
  /** When the access token or the key ends, in milliseconds since the epoch; Infinity for a key that does not. */
  expiresAt: number;
  /** Set if a key proved who it is. */
  key?: KeyRights;
}
