import { AppError, closeCodes, type CloseCode } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { LiveSockets } from './live-sockets.js';
import type { SocketConnection } from './socket-connection.js';

export interface Subscriber {
  actor: Actor;
  /** The socket that carries the subscription; null over HTTP. */
  connection: SocketConnection | null;
}

/**
 * Runs a subscription for as long as its caller's session lasts. A socket is closed as a whole when its session ends, so a subscription
 * over a socket is only counted. A subscription over HTTP is watched by itself, and ends with the error that a new call would get.
 */
export async function* liveSubscription<T>(
  live: LiveSockets,
  { actor, connection }: Subscriber,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal | undefined) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  if (connection) {
    const release = connection.openSubscription();
    try {
      yield* run(signal);
    } finally {
      release();
    }
    return;
  }
  const ended = new AbortController();
  const release = live.add(
    {
      close(code) {
        ended.abort(errorOfClose(code));
      },
    },
    actor,
  );
  try {
    yield* run(signal ? AbortSignal.any([signal, ended.signal]) : ended.signal);
    ended.signal.throwIfAborted();
  } finally {
    release();
  }
}

function errorOfClose(code: CloseCode): AppError {
  switch (code) {
    case closeCodes.IDENTITY_EXPIRED:
      return new AppError('TOKEN_EXPIRED');
    case closeCodes.SESSION_ENDED:
      return new AppError('SESSION_REVOKED');
    case closeCodes.SERVER_STOPPING:
      return new AppError('UNAVAILABLE', 'This instance is stopping. Subscribe again.');
    // The rest is meant for sockets. A subscription that gets one of them is worth another try.
    case closeCodes.SLOW_READER:
    case closeCodes.CONNECTION_PARAMS_TIMEOUT:
    case closeCodes.PROTOCOL_ABUSE:
    case closeCodes.WRONG_FIRST_FRAME:
    case closeCodes.ROOM_CLOSED:
    case closeCodes.TOO_MANY_SOCKETS:
      return new AppError('UNAVAILABLE', 'The subscription was ended. Subscribe again.');
  }
}
