import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppError } from '@parley/contracts';
import { jwtVerify, SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { Actor } from './actor.js';
import { sessionIdleDays } from './signed-in.js';

/** Keeps tickets and access tokens apart: neither is taken for the other. */
const audience = 'stream';

export interface StreamTicket {
  /** Its own id. */
  id: string;
  userId: string;
  sessionId: string;
}

/**
 * Tickets for streams of events, for programs that can send no headers, as a browser's `EventSource`. A ticket opens one stream, as often as
 * its reader has to connect again, and nothing else. It is good as long as the session or key that it was made by; whoever takes it asks
 * the database whether that stands. It travels in an address, so nothing may log the query of one.
 */
export class StreamTickets {
  readonly #key: KeyObject;

  /** @param secret shared by all processes */
  constructor(secret: string) {
    this.#key = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  /**
   * @param stream what it opens, such as `inbox`
   * @param lifetimeMs how long it is good. @default as long as a session without use
   */
  issue(
    { userId, sessionId }: Pick<Actor, 'userId' | 'sessionId'>,
    stream: string,
    lifetimeMs = sessionIdleDays * 86_400_000,
  ): Promise<string> {
    return new SignJWT({ sid: sessionId, stream })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setAudience(audience)
      .setSubject(userId)
      .setJti(uuidv7())
      .setIssuedAt()
      .setExpirationTime(new Date(Date.now() + lifetimeMs))
      .sign(this.#key);
  }

  /** @throws AppError UNAUTHENTICATED for what opens no stream, or another one */
  async verify(ticket: string, stream: string): Promise<StreamTicket> {
    try {
      const { payload } = await jwtVerify(ticket, this.#key, {
        algorithms: ['HS256'],
        audience,
        requiredClaims: ['sub', 'sid', 'jti', 'exp'],
      });
      const { sub, sid, jti } = payload;
      if (payload['stream'] === stream && typeof sub === 'string' && typeof sid === 'string')
        return { id: jti!, userId: sub, sessionId: sid };
    } catch (error) {
      throw refused(error);
    }
    throw refused();
  }
}

function refused(cause?: unknown): AppError {
  return new AppError('UNAUTHENTICATED', 'This ticket does not open this stream. Ask for one for it.', { cause });
}
