import { closeCodes } from '@parley/contracts';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from '@parley/api';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { serverError } from '../testing/call-errors.js';
import { ScriptedServer, type Call, type Peer } from '../testing/scripted-server.js';
import { Connection, type ConnectionOptions } from './connection.js';
import { patientLink } from './patient-link.js';

const roomId = 'room-1';

async function setUp(options: Partial<ConnectionOptions> = {}) {
  const server = await ScriptedServer.start();
  let token = 'token-1';
  let changeEnvironment = () => {};
  const page = { online: true };
  const onExpired = vi.fn();
  const onFinal = vi.fn();
  const freshToken = vi.fn(async () => token);
  const connection = new Connection({
    url: `${server.url.replace('http', 'ws')}/trpc`,
    WebSocket: WebSocket as never,
    environment: {
      isOnline: () => page.online,
      isHidden: () => false,
      onChange: (listener) => {
        changeEnvironment = listener;
        return () => {};
      },
      exclusively: (_name, task) => task(),
      close() {},
    },
    backoff: { firstMs: 5, maxMs: 5 },
    // Ping only in tests that ask for it: on a busy machine a late answer would look like a dead server.
    pingIntervalMs: 60_000,
    pongTimeoutMs: 60_000,
    openTimeoutMs: 60_000,
    freshToken,
    accessToken: () => token,
    onExpired,
    onFinal,
    ...options,
  });
  onTestFinished(async () => {
    connection.close();
    await server[Symbol.asyncDispose]();
  });
  const trpc = createTRPCClient<AppRouter>({
    links: [
      patientLink({ callTimeoutMs: 60_000, onTokenExpired: () => {}, backoff: { firstMs: 1, maxMs: 1 } }),
      () => (call) => connection.carry(call),
    ],
  });
  return {
    server,
    connection,
    trpc,
    freshToken,
    onExpired,
    onFinal,
    page,
    changeEnvironment: () => changeEnvironment(),
    setToken(next: string) {
      token = next;
    },
  };
}

/** Follows a room whose events are numbers. The server keeps each subscription, and the test sends the events. */
function follow({ server, trpc }: Pick<Awaited<ReturnType<typeof setUp>>, 'server' | 'trpc'>) {
  const received: string[] = [];
  const states: string[] = [];
  const current: { peer: Peer; call: Call }[] = [];
  server.onCall = (call, peer) => {
    if (call.method !== 'subscription') return;
    current.push({ peer, call });
    peer.started(call);
  };
  const subscription = trpc.rooms.events.subscribe(
    { roomId, after: 0 },
    { onData: ({ id }) => received.push(id), onConnectionStateChange: ({ state }) => states.push(state) },
  );
  return { received, states, current, subscription };
}

it('connects as who is signed in, and says so', async () => {
  const { connection, server } = await setUp();
  const kinds: string[] = [];
  connection.subscribe(() => kinds.push(connection.state.kind));
  expect(connection.state).toEqual({ kind: 'connecting', rttMs: null });
  connection.open();
  await vi.waitFor(() => expect(connection.state).toEqual({ kind: 'connected', rttMs: expect.any(Number) }));
  expect(server.peers.map(({ accessToken }) => accessToken)).toEqual(['token-1']);
  expect(new Set(kinds)).toEqual(new Set(['connected']));
});

it('refuses calls when nobody is signed in', async () => {
  const { trpc } = await setUp();
  await expect(trpc.rooms.list.query({ scope: 'joined' })).rejects.toMatchObject({ data: { appCode: 'UNAUTHENTICATED' } });
});

it('sends what is called in one turn in frames that the server takes, in order', async () => {
  const { connection, server, trpc } = await setUp();
  const frameLimit = 256 * 1024;
  const sent: unknown[] = [];
  server.onCall = (call, peer) => {
    sent.push(call.params.input['clientId']);
    peer.answer(call, null);
  };
  connection.open();
  await vi.waitFor(() => expect(connection.isConnected).toBe(true));
  const ids = Array.from({ length: 4 }, (_, i) => `id-${i}`);
  // Each message is near the frame limit by itself once JSON has escaped it.
  await Promise.all(ids.map((clientId) => trpc.messages.send.mutate({ roomId, clientId, content: '\u0001'.repeat(32_000) })));
  expect(sent).toEqual(ids);
  expect(server.longestFrame).toBeLessThan(frameLimit);
});

it('makes a query again that was lost with its socket, and no mutation that may have run', async () => {
  const { connection, server, trpc } = await setUp();
  const paths: string[] = [];
  server.onCall = (call, peer) => {
    paths.push(call.params.path);
    if (paths.length === 2) peer.answer(call, ['an answer']);
    else peer.socket.terminate();
  };
  connection.open();
  await expect(trpc.rooms.list.query({ scope: 'joined' })).resolves.toEqual(['an answer']);
  await expect(trpc.rooms.create.mutate({ name: 'Room' })).rejects.toThrow();
  expect(paths).toEqual(['rooms.list', 'rooms.list', 'rooms.create']);
});

it('resumes a subscription from the last event it had, on the next socket', async () => {
  const test = await setUp();
  const { connection, server } = test;
  connection.open();
  const { received, current } = follow(test);
  await vi.waitFor(() => expect(current).toHaveLength(1));
  current[0]!.peer.event(current[0]!.call, '7', {});
  current[0]!.peer.event(current[0]!.call, '7:boot:1', {});
  await vi.waitFor(() => expect(received).toEqual(['7', '7:boot:1']));
  server.peers[0]!.socket.terminate();
  await vi.waitFor(() => expect(current).toHaveLength(2));
  expect(current[1]!.call.params).toMatchObject({ input: { roomId, after: 0 }, lastEventId: '7:boot:1' });
  expect(connection.state.kind).toBe('connected');
});

it('moves to a new socket with the new token before the old one is closed, and nobody notices', async () => {
  const test = await setUp();
  const { connection, server, setToken } = test;
  connection.open();
  const { received, states, current } = follow(test);
  await vi.waitFor(() => expect(current).toHaveLength(1));
  const kinds = new Set<string>();
  connection.subscribe(() => kinds.add(connection.state.kind));
  states.length = 0;

  setToken('token-2');
  connection.renew();
  await vi.waitFor(() => expect(current).toHaveLength(2));
  expect(server.peers.map(({ accessToken }) => accessToken)).toEqual(['token-1', 'token-2']);
  current[1]!.peer.event(current[1]!.call, '1', {});
  await vi.waitFor(() => expect(server.openPeers).toEqual([server.peers[1]]));
  await vi.waitFor(() => expect(received).toEqual(['1']));
  expect(states).toEqual([]);
  expect([...kinds].filter((kind) => kind !== 'connected')).toEqual([]);
});

it('refreshes and comes back when the server closes because the token is over', async () => {
  const { connection, server, onExpired, setToken, freshToken } = await setUp();
  connection.open();
  await vi.waitFor(() => expect(server.peers).toHaveLength(1));
  onExpired.mockImplementation(() => setToken('token-2'));
  freshToken.mockClear();
  server.peers[0]!.socket.close(closeCodes.IDENTITY_EXPIRED);
  await vi.waitFor(() => expect(server.peers[1]?.accessToken).toBe('token-2'));
  expect(onExpired.mock.calls).toEqual([['token-1']]);
  expect(freshToken).toHaveBeenCalledTimes(1);
});

it.each([closeCodes.SESSION_ENDED, closeCodes.PROTOCOL_ABUSE])('does not come back after the final close code %i', async (code) => {
  const test = await setUp();
  const { connection, server, trpc, onFinal } = test;
  connection.open();
  const complete = vi.fn();
  await vi.waitFor(() => expect(server.peers).toHaveLength(1));
  server.onCall = (call, peer) => {
    peer.started(call);
    peer.socket.close(code, 'a reason');
  };
  trpc.rooms.events.subscribe({ roomId }, { onComplete: complete });
  await vi.waitFor(() => expect(onFinal.mock.calls).toEqual([[code, 'a reason']]));
  expect(complete).toHaveBeenCalledTimes(1);
  // If the client tried again, it would do so within the 5 ms of the backoff.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(server.opened).toBe(1);
});

it('makes one socket at a time, though a call is made while the old one is closing', async () => {
  const { connection, server, trpc } = await setUp({ backoff: { firstMs: 20, maxMs: 20 } });
  for (let round = 0; round < 12; round++) {
    connection.open();
    await vi.waitFor(() => expect(connection.isConnected && server.openPeers).toHaveLength(1));
    server.onCall = (call, peer) => peer.answer(call, []);
    const sockets = server.opened;
    server.openPeers[0]!.socket.terminate();
    // Make calls at every moment of the loss: open, closing, closed, connecting. At one of them the process stalls for longer than a try
    // takes.
    const calls = [];
    for (let n = 0; n < 20; n++) {
      if (n === round) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
      calls.push(trpc.rooms.list.query({ scope: 'joined' }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(calls);
    expect(server.opened).toBe(sockets + 1);
  }
});

it('notices within the time limit that nobody answers, and connects anew', async () => {
  const { connection, server } = await setUp({ pingIntervalMs: 20, pongTimeoutMs: 200 });
  connection.open();
  await vi.waitFor(() => expect(connection.state.rttMs).not.toBeNull());
  server.answersPings = false;
  server.peers[0]!.socket.pause();
  await vi.waitFor(() => expect(server.opened).toBeGreaterThan(1));
  server.answersPings = true;
  await vi.waitFor(() => expect(connection.state).toEqual({ kind: 'connected', rttMs: expect.any(Number) }));
});

it('says at once that the network is gone, although the socket is still open, until the server answers all the same', async () => {
  const { connection, server, page, changeEnvironment } = await setUp();
  connection.open();
  await vi.waitFor(() => expect(connection.state).toEqual({ kind: 'connected', rttMs: expect.any(Number) }));
  server.answersPings = false;
  page.online = false;
  changeEnvironment();
  expect(connection.state).toEqual({ kind: 'offline', rttMs: null });
  // The network is back, and whether the server is too is not known yet.
  page.online = true;
  changeEnvironment();
  expect(connection.state.kind).toBe('reconnecting');
  server.answersPings = true;
  changeEnvironment();
  await vi.waitFor(() => expect(connection.state.kind).toBe('connected'));
  // A server on this machine is there without a network.
  page.online = false;
  changeEnvironment();
  expect(connection.state.kind).toBe('offline');
  await vi.waitFor(() => expect(connection.state).toEqual({ kind: 'connected', rttMs: expect.any(Number) }));
  expect(server.peers).toHaveLength(1);
});

it('waits longer after each failure, but not when the network comes back', async () => {
  const delays = vi.fn(() => 0.999);
  const test = await setUp({ backoff: { firstMs: 60_000, maxMs: 60_000, random: delays } });
  const { connection, server, page, changeEnvironment } = test;
  connection.open();
  await vi.waitFor(() => expect(server.peers).toHaveLength(1));
  page.online = false;
  server.peers[0]!.socket.terminate();
  await vi.waitFor(() => expect(connection.state.kind).toBe('offline'));
  await vi.waitFor(() => expect(delays).toHaveBeenCalled());
  page.online = true;
  changeEnvironment();
  await vi.waitFor(() => expect(server.peers).toHaveLength(2));
});

it('keeps waiting longer while the server lets us in only to close again', async () => {
  const { connection, server } = await setUp({ backoff: { firstMs: 4, maxMs: 1_000_000, random: () => 0.999 } });
  const at: number[] = [];
  server.onPeer = ({ socket }) => {
    at.push(performance.now());
    socket.close(closeCodes.SERVER_STOPPING);
  };
  connection.open();
  await vi.waitFor(() => expect(at.length).toBeGreaterThanOrEqual(7));
  // 4 ms doubled six times is 256 ms; without growing, the wait would be a few milliseconds.
  expect(at[6]! - at[5]!).toBeGreaterThan(100);
});

it('asks for a token again and again, without a socket, while there is none to be had', async () => {
  const { connection, server, freshToken } = await setUp();
  freshToken.mockRejectedValueOnce(serverError('UNAVAILABLE')).mockRejectedValueOnce(serverError('UNAVAILABLE'));
  connection.open();
  await vi.waitFor(() => expect(server.peers).toHaveLength(1));
  expect(freshToken).toHaveBeenCalledTimes(3);
  expect(server.opened).toBe(1);
});

it('holds no socket after closing, whenever it is closed', async () => {
  const { connection, server } = await setUp();
  for (let round = 0; round < 20; round++) {
    connection.open();
    for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
    connection.shut();
  }
  await vi.waitFor(() => expect(server.openPeers).toEqual([]));
  connection.open();
  await vi.waitFor(() => expect(connection.isConnected).toBe(true));
  expect(server.openPeers).toHaveLength(1);
});

it('ends a call that gets no answer', async () => {
  const { connection, trpc, server } = await setUp();
  const impatient = createTRPCClient<AppRouter>({
    links: [patientLink({ callTimeoutMs: 50, onTokenExpired: () => {} }), () => (call) => connection.carry(call)],
  });
  connection.open();
  await expect(impatient.rooms.list.query({ scope: 'joined' })).rejects.toThrow('did not answer in time');
  server.onCall = (call, peer) => peer.answer(call, []);
  await expect(trpc.rooms.list.query({ scope: 'joined' })).resolves.toEqual([]);
});
