import { appErrors, closeCodes } from '@parley/contracts';
import { operationNamed } from '@parley/contracts';
import type { AppRouter } from '@parley/api';
import { createTRPCClient, httpLink, splitLink } from '@trpc/client';
import { AuthSession } from './auth/auth-session.js';
import type { BackoffOptions } from './backoff.js';
import { detectEnvironment, type Environment } from './environment.js';
import { OpenInbox } from './inbox/inbox-session.js';
import { Outbox } from './messages/outbox.js';
import { isAccountCall } from './realtime/account-calls.js';
import { Connection } from './realtime/connection.js';
import type { SocketTimes } from './realtime/observed-socket.js';
import { patientLink } from './realtime/patient-link.js';
import { DismissedReplies } from './replies/dismissed-replies.js';
import { KnownRooms } from './rooms/known-rooms.js';
import { OpenRoom } from './rooms/room-session.js';
import { noticeLink } from './server/notice-link.js';
import { readAway } from './server/read-health.js';
import { ServerWatch } from './server/server-watch.js';
import type { Failure, ParleyClient } from './types.js';

export interface ParleyClientOptions extends Partial<SocketTimes> {
  /** Origin of the server, `http` or `https`, such as `https://chat.example.org`. */
  url: string;
  /** The class to connect with; Node 20 has none: pass that of `ws`. @default globalThis.WebSocket */
  WebSocket?: unknown;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
  /** Where the refresh token lives: in an HttpOnly cookie (pages of the same site) or with the caller (programs). */
  transport: 'cookie' | 'token';
  /** A refresh token stored earlier, for `auth.restore()`. */
  refreshToken?: string;
  /** Called with each new refresh token, and with null when it has ended. A token is good for one exchange: keep the latest only. */
  onRefreshToken?(refreshToken: string | null): void;
  /** Called when the server ended the session. `auth.state` has the same reason. */
  onFatal?(reason: Failure): void;
  backoff?: BackoffOptions;
  /** The longest a call may take, in milliseconds. @default 20000 */
  callTimeoutMs?: number;
  /** What this process knows of network and visibility. @default from the page, or always online */
  environment?: Environment;
}

/** A client of one Parley server for one person at a time, in a browser or in Node. */
export function createParleyClient(options: ParleyClientOptions): ParleyClient {
  const { backoff, callTimeoutMs = 20_000, environment = detectEnvironment() } = options;
  const SocketClass = (options.WebSocket ?? globalThis.WebSocket) as typeof WebSocket | undefined;
  if (!SocketClass) throw new TypeError('There is no WebSocket here: pass one, such as the one of the “ws” package.');
  const trpcUrl = new URL('/trpc', options.url);
  const callFetch: typeof fetch = (input, init) => (options.fetch ?? fetch)(input, init);
  const server = new ServerWatch({ readAway: () => readAway(options.url, callFetch) });

  const trpc = createTRPCClient<AppRouter>({
    links: [
      noticeLink(() => server.suspect()),
      patientLink({ callTimeoutMs, backoff, onTokenExpired: () => renewToken() }),
      noticeLink(() => server.suspect()),
      splitLink({
        condition: ({ path }) => isAccountCall(path),
        true: httpLink({
          url: trpcUrl,
          fetch: (input, init) => callFetch(input as string, { ...(init as RequestInit), credentials: 'include' }),
          // Calls that start or renew a session carry no access token.
          headers: async ({ op }) =>
            operationNamed(op.path)?.who === 'anyone' ? {} : { authorization: `Bearer ${await auth.freshToken()}` },
        }),
        false: () => (call) => connection.carry(call),
      }),
    ],
  });

  const auth: AuthSession = new AuthSession({
    calls: trpc.auth,
    environment,
    transport: options.transport,
    refreshToken: options.refreshToken,
    onRefreshToken: options.onRefreshToken?.bind(options),
    onRenewed: () => connection.renew(),
    backoff,
  });

  const connection: Connection = new Connection({
    url: `${trpcUrl.protocol === 'https:' ? 'wss:' : 'ws:'}//${trpcUrl.host}${trpcUrl.pathname}`,
    WebSocket: SocketClass,
    environment,
    backoff,
    pingIntervalMs: options.pingIntervalMs ?? 5_000,
    pongTimeoutMs: options.pongTimeoutMs ?? 5_000,
    openTimeoutMs: options.openTimeoutMs ?? 10_000,
    freshToken: () => auth.freshToken(),
    accessToken: () => auth.accessToken(),
    onExpired: (token) => auth.markStale(token),
    onFinal: (code, reason) => auth.end(reasonOfClose(code, reason)),
  });

  // A server without its database cannot authenticate a socket, so it closes it: ask which part is away.
  connection.subscribe(() => {
    if (connection.state.kind === 'reconnecting') server.suspect();
  });

  const rooms = new Set<OpenRoom>();
  const inboxes = new Set<OpenInbox>();
  const outboxes = new Map<string, Outbox>();
  const dismissed = new DismissedReplies((id) => {
    for (const inbox of inboxes) inbox.forget(id);
  });
  const known = new KnownRooms();
  let signedInAs: string | null = null;

  auth.subscribe(() => {
    const { state, userId } = auth;
    if (userId !== signedInAs) {
      if (signedInAs !== null) {
        connection.shut();
        // Unsent messages of a session that the server ended wait until that person comes back. Their own sign-out discards them.
        if (state.kind === 'signedOut' && !state.reason) closeOutboxes();
      }
      known.clear();
      signedInAs = userId;
      if (userId !== null) connection.open();
    }
    if (state.kind === 'signedOut' && state.reason) options.onFatal?.(state.reason);
  });

  function renewToken(): void {
    auth.markStale(auth.accessToken());
    // Renewing also moves the socket. If it fails the token stays stale, and the next call that needs one tries again.
    auth.refresh().catch(() => {});
  }

  /** Whose today `/summary today` is about. */
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();

  function outboxFor(roomId: string): Outbox {
    for (const [key, outbox] of outboxes) if (outbox.isIdle) outboxes.delete(key);
    const userId = auth.userId;
    const key = `${userId}/${roomId}`;
    let outbox = outboxes.get(key);
    if (!outbox) {
      outbox = new Outbox({
        send: (message) => trpc.messages.send.mutate({ roomId, ...message, timeZone }),
        connected: () => connectedAs(userId),
        backoff,
      });
      outboxes.set(key, outbox);
    }
    return outbox;
  }

  function connectedAs(userId: string | null): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!connection.isConnected || auth.userId !== userId) return;
        stop();
        resolve();
      };
      const stop = connection.subscribe(check);
      check();
    });
  }

  function closeOutboxes(): void {
    for (const outbox of outboxes.values()) outbox.close();
    outboxes.clear();
  }

  return {
    auth,
    connection,
    server,
    trpc,
    openRoom(id, { after } = {}) {
      // Ids in events are in lower case, and events are told apart by them.
      const roomId = id.toLowerCase();
      const { userId } = auth;
      const room: OpenRoom = new OpenRoom(roomId, {
        calls: trpc,
        outbox: outboxFor(roomId),
        me: () => auth.userId,
        dismissed,
        after,
        backoff,
        known: known.get(roomId),
        connected: connection.isConnected,
        onClose: (data) => {
          rooms.delete(room);
          if (auth.userId === userId) known.set(roomId, data);
        },
      });
      rooms.add(room);
      return room;
    },
    openInbox() {
      const inbox: OpenInbox = new OpenInbox({
        calls: trpc,
        dismissed,
        backoff,
        onPrivateReply: (reply) => {
          for (const room of rooms) if (room.roomId === reply.roomId) room.privateReplies.add(reply);
        },
        onKeptReply: (reply) => {
          for (const room of rooms) room.privateReplies.renew(reply);
        },
        onDismissed: (id) => {
          for (const room of rooms) room.privateReplies.remove(id);
        },
        onServer: (away) => server.tell(away),
        onClose: () => inboxes.delete(inbox),
      });
      inboxes.add(inbox);
      return inbox;
    },
    hasUnsent: () => [...outboxes.values()].some(({ pending }) => pending.length > 0),
    async close() {
      for (const session of [...rooms, ...inboxes]) session.close();
      closeOutboxes();
      connection.close();
      server.close();
      auth.close();
      environment.close();
    },
  };
}

/** Reads why the server refuses these credentials for good. The close reason is one of our error codes where the server knows it. */
function reasonOfClose(code: number, reason: string): Failure {
  const named = reason in appErrors ? (reason as keyof typeof appErrors) : null;
  if (named) return { code: named, message: appErrors[named].message };
  if (code === closeCodes.SESSION_ENDED) return { code: 'SESSION_REVOKED', message: appErrors.SESSION_REVOKED.message };
  return { code: 'CONNECTION_REFUSED', message: 'The server closed the connection for sending too much. Reload to go on.' };
}
