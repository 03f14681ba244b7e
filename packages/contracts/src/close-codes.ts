/**
 * WebSocket close codes, in the private range 4000–4999 (RFC 6455, section 7.4.2). 40xx: reconnect, with jitter.
 * 41xx: refresh the access token, then reconnect. 45xx: final, do not come back with the same credentials.
 */
export const closeCodes = {
  /** The process is stopping: reconnect, another instance answers. */
  SERVER_STOPPING: 4000,
  /** This reader took too long to read; what it missed is replayed on reconnect. */
  SLOW_READER: 4001,
  /** No `connectionParams` arrived in time. */
  CONNECTION_PARAMS_TIMEOUT: 4002,
  /** The account has as many sockets as one may have: come back later, or close another. */
  TOO_MANY_SOCKETS: 4003,
  /** The access token expired: refresh and reconnect. */
  IDENTITY_EXPIRED: 4100,
  /** The session was ended by logout, a changed password or a disabled account. */
  SESSION_ENDED: 4500,
  /** The peer sent a frame, a batch or a rate beyond the limits. */
  PROTOCOL_ABUSE: 4501,
  /** The first frame was not the one that signs in; the reason says what to send. */
  WRONG_FIRST_FRAME: 4502,
  /** The socket was for one room, which is not there for this account, or not any more. */
  ROOM_CLOSED: 4503,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** True where reconnecting with the same credentials cannot help. */
export function isFinalClose(code: number): boolean {
  return code >= 4500 && code < 4600;
}
