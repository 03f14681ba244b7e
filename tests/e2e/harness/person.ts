import { createTRPCClient, createWSClient, httpLink, wsLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from '@parley/api';
import type { RoomEvent } from '@parley/contracts';
import { WebSocket } from 'ws';
import { Collected } from './collected.js';

export interface Tracked {
  id: string;
  data: RoomEvent;
}

/** Someone with an account, calling one API by HTTP and by one WebSocket, with tRPC's own client and nothing of ours in between. */
export interface Person extends AsyncDisposable {
  id: string;
  username: string;
  accessToken: string;
  refreshToken: string;
  http: TRPCClient<AppRouter>;
  socket: TRPCClient<AppRouter>;
  /** Close codes of the socket, as they come. */
  closes: Collected<number | undefined>;
  /** Reads a room's events over the socket. */
  read(roomId: string, after?: number): { events: Collected<Tracked>; errors: Collected<unknown>; stop(): void };
}

export function anonymous(url: string): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc` })] });
}

export async function register(url: string, username: string, password = `password of ${username}`): Promise<Person> {
  const { user, accessToken, refreshToken } = await anonymous(url).auth.register.mutate({ username, password });
  return connect(url, { id: user.id, username, accessToken, refreshToken: refreshToken! });
}

/** The same person on another API. */
export function connect(url: string, account: Pick<Person, 'id' | 'username' | 'accessToken' | 'refreshToken'>): Person {
  const closes = new Collected<number | undefined>();
  const ws = createWSClient({
    url: `${url.replace(/^http/, 'ws')}/trpc`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: { accessToken: account.accessToken },
    retryDelayMs: (attempt) => Math.min(2_000, 50 * 2 ** attempt) * Math.random(),
    lazy: { enabled: true, closeMs: 600_000 },
    onClose: (cause) => closes.push(cause?.code),
  });
  const socket = createTRPCClient<AppRouter>({ links: [wsLink({ client: ws })] });
  return {
    ...account,
    http: createTRPCClient<AppRouter>({
      links: [httpLink({ url: `${url}/trpc`, headers: { authorization: `Bearer ${account.accessToken}` } })],
    }),
    socket,
    closes,
    read(roomId, after) {
      const events = new Collected<Tracked>();
      const errors = new Collected<unknown>();
      const subscription = socket.rooms.events.subscribe(
        { roomId, ...(after === undefined ? {} : { after }) },
        { onData: (event) => events.push(event as Tracked), onError: (error) => errors.push(error) },
      );
      return { events, errors, stop: () => subscription.unsubscribe() };
    },
    [Symbol.asyncDispose]: () => ws.close(),
  };
}
