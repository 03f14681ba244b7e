import { closeCodes, type InboxEvent } from '@parley/contracts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createParleyClient, type ParleyClientOptions } from './client.js';
import { ScriptedServer, type Call, type Peer } from './testing/scripted-server.js';
import { signedIn } from './testing/tokens.js';
import { detail, message, page, room, roomId } from './testing/views.js';

/** A client, and a server with one room. The server acknowledges a sent message when the test says so. */
async function setUp(options: Partial<ParleyClientOptions> = {}) {
  const server = await ScriptedServer.start();
  const requests: { path: string; input: unknown; authorization: string | null; credentials: string | undefined }[] = [];
  let n = 1;
  const client = createParleyClient({
    url: server.url,
    WebSocket,
    transport: 'token',
    backoff: { firstMs: 5, maxMs: 5 },
    fetch: async (url, init) => {
      const path = String(url).split('/trpc/')[1]!;
      const headers = new Headers(init?.headers);
      requests.push({
        path,
        input: JSON.parse(String(init?.body ?? 'null')),
        authorization: headers.get('authorization'),
        credentials: init?.credentials,
      });
      const data = path === 'auth.logout' ? { ok: true } : signedIn(n++);
      return Response.json({ result: { data } });
    },
    ...options,
  });
  onTestFinished(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });
  const sends: { call: Call; peer: Peer }[] = [];
  const inboxes: { call: Call; peer: Peer }[] = [];
  const stored = [message(1, 3)];
  server.onCall = (call, peer) => {
    if (call.method === 'subscription.stop') return;
    switch (call.params.path) {
      case 'rooms.get':
        return peer.answer(call, detail(10));
      case 'messages.list':
        return peer.answer(call, page(10, stored));
      case 'messages.send':
        return void sends.push({ call, peer });
      case 'rooms.events':
        peer.started(call);
        return peer.event(call, '10:boot:1', { type: 'hello', rev: 10, seq: 1, replies: [] });
      case 'inbox.events':
        peer.started(call);
        return void inboxes.push({ call, peer });
    }
  };
  const signIn = () => client.auth.login({ username: 'anna', password: 'a password' });
  return { client, server, requests, sends, inboxes, stored, signIn };
}

it('signs in by HTTP and calls over a socket opened with the token', async () => {
  const { client, server, requests, signIn } = await setUp();
  await signIn();
  expect(requests).toEqual([
    {
      path: 'auth.login',
      input: { username: 'anna', password: 'a password', transport: 'token' },
      authorization: null,
      credentials: 'include',
    },
  ]);
  const session = client.openRoom(roomId);
  await vi.waitFor(() => expect(session.getSnapshot().status).toBe('live'));
  expect(server.peers.map(({ accessToken }) => accessToken)).toEqual([client.auth.accessToken()]);
  expect(session.getSnapshot()).toMatchObject({ room: room(1), messages: [message(1, 3)] });
});

it('signs out on the server, with its token, and closes the socket', async () => {
  const { client, server, requests, signIn } = await setUp();
  await signIn();
  const token = client.auth.accessToken();
  await vi.waitFor(() => expect(server.openPeers).toHaveLength(1));
  await client.auth.logout();
  expect(requests.at(-1)).toMatchObject({ path: 'auth.logout', authorization: `Bearer ${token}` });
  expect(client.auth.state).toEqual({ kind: 'signedOut' });
  await vi.waitFor(() => expect(server.openPeers).toEqual([]));
  await expect(client.trpc.rooms.list.query({ scope: 'joined' })).rejects.toMatchObject({ data: { appCode: 'UNAUTHENTICATED' } });
});

it('renews a token that is over, as after a sleep, before a call by HTTP shows it', async () => {
  const { client, requests, signIn } = await setUp();
  await signIn();
  const first = client.auth.accessToken();
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
  onTestFinished(() => now.mockRestore());
  await client.trpc.auth.changePassword.mutate({ currentPassword: 'a password', newPassword: 'another one' });
  expect(requests.slice(1)).toMatchObject([
    { path: 'auth.refresh', authorization: null },
    { path: 'auth.changePassword', authorization: `Bearer ${client.auth.accessToken()}` },
  ]);
  expect(client.auth.accessToken()).not.toBe(first);
});

it('is signed out, and says why, when the server ends the session', async () => {
  const onFatal = vi.fn();
  const { client, server, signIn } = await setUp({ onFatal });
  await signIn();
  const session = client.openRoom(roomId);
  await vi.waitFor(() => expect(session.getSnapshot().status).toBe('live'));
  server.openPeers[0]!.socket.close(closeCodes.SESSION_ENDED, 'ACCOUNT_DISABLED');
  await vi.waitFor(() => expect(client.auth.state).toMatchObject({ kind: 'signedOut', reason: { code: 'ACCOUNT_DISABLED' } }));
  expect(onFatal.mock.calls).toEqual([[{ code: 'ACCOUNT_DISABLED', message: expect.any(String) }]]);
  await vi.waitFor(() => expect(session.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'UNAUTHENTICATED' } }));
});

it('goes on sending what was written when its room is closed, and shows it when it is opened again', async () => {
  const { client, server, sends, signIn } = await setUp();
  await signIn();
  const first = client.openRoom(roomId);
  const clientId = first.send('hello');
  await vi.waitFor(() => expect(sends).toHaveLength(1));
  first.close();
  sends[0]!.peer.socket.terminate();
  const second = client.openRoom(roomId);
  expect(second.getSnapshot().pending).toMatchObject([{ clientId, content: 'hello' }]);
  await vi.waitFor(() => expect(sends).toHaveLength(2));
  expect(sends[1]!.call.params.input).toMatchObject({ roomId, clientId, content: 'hello' });
  await vi.waitFor(() => expect(second.getSnapshot().status).toBe('live'));
  sends[1]!.peer.answer(sends[1]!.call, { message: message(2, 11, { clientId }), replies: [], privateReply: null });
  await vi.waitFor(() => expect(second.getSnapshot()).toMatchObject({ pending: [], messages: [{ seq: 1 }, { seq: 2 }] }));
  expect(server.openPeers).toHaveLength(1);
});

it('never sends as one person what another wrote', async () => {
  const { client, sends, signIn } = await setUp();
  await signIn();
  client.openRoom(roomId).send('hello');
  await vi.waitFor(() => expect(sends).toHaveLength(1));
  await client.auth.logout();
  await signIn();
  const session = client.openRoom(roomId);
  await vi.waitFor(() => expect(session.getSnapshot().status).toBe('live'));
  expect(session.getSnapshot().pending).toEqual([]);
  expect(sends).toHaveLength(1);
});

it('keeps the inbox, shows its private replies in their room, and puts them away in both', async () => {
  const { client, inboxes, signIn } = await setUp();
  await signIn();
  const session = client.openRoom(roomId);
  const inbox = client.openInbox();
  await vi.waitFor(() => expect(inboxes).toHaveLength(1));
  const { mine } = detail(1);
  const tell = (event: InboxEvent) =>
    inboxes[0]!.peer.socket.send(JSON.stringify({ id: inboxes[0]!.call.id, result: { type: 'data', data: event } }));
  const reply = (id: string) => ({
    id,
    roomId,
    attempt: 1,
    content: 'Only you see this.',
    status: 'complete' as const,
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  tell({ type: 'snapshot', rooms: [{ room: room(1), mine }], privateReplies: [reply('private-1')] });
  tell({ type: 'counters', roomId, lastSeq: 4, lastReadSeq: 1, unread: 3, mentions: 1 });
  tell({ type: 'privateReply', reply: reply('private-2') });
  await vi.waitFor(() => expect(session.getSnapshot().privateReplies).toEqual([reply('private-2')]));
  expect(inbox.getSnapshot()).toEqual({
    rooms: [{ room: room(1), mine: { ...mine, lastSeq: 4, lastReadSeq: 1, unread: 3, mentions: 1 } }],
    privateReplies: [reply('private-1'), reply('private-2')],
    invitations: [],
  });
  session.dismissPrivate('private-2');
  expect(session.getSnapshot().privateReplies).toEqual([]);
  expect(inbox.getSnapshot().privateReplies).toEqual([reply('private-1')]);
});

it('shows a private reply as it grows, and its end although the connection was lost before it', async () => {
  const { client, inboxes, sends, signIn } = await setUp();
  await signIn();
  const session = client.openRoom(roomId);
  const inbox = client.openInbox();
  await vi.waitFor(() => expect(inboxes).toHaveLength(1));
  const { mine } = detail(1);
  const reply = (content: string, status: 'streaming' | 'complete' = 'streaming') => ({
    id: 'private-1',
    roomId,
    attempt: 1,
    content,
    status,
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  const tell = (event: InboxEvent) => {
    const { call, peer } = inboxes.at(-1)!;
    peer.socket.send(JSON.stringify({ id: call.id, result: { type: 'data', data: event } }));
  };
  const snapshot = (...privateReplies: ReturnType<typeof reply>[]) =>
    tell({ type: 'snapshot', rooms: [{ room: room(1), mine }], privateReplies });
  const shown = () => [session.getSnapshot().privateReplies, inbox.getSnapshot().privateReplies];
  const showing = (now: ReturnType<typeof reply>) => vi.waitFor(() => expect(shown()).toEqual([[now], [now]]));

  snapshot();
  await vi.waitFor(() => expect(session.getSnapshot().status).toBe('live'));
  session.send('/summary private');
  await vi.waitFor(() => expect(sends).toHaveLength(1));
  tell({ type: 'privateReply', reply: reply('Tea') });
  await showing(reply('Tea'));
  // The call's answer has an older text than the event that came before it.
  sends[0]!.peer.answer(sends[0]!.call, { message: null, replies: [], privateReply: reply('') });
  await vi.waitFor(() => expect(session.getSnapshot().pending).toEqual([]));
  tell({ type: 'privateReply', reply: reply('Tea, at') });
  await showing(reply('Tea, at'));

  inboxes[0]!.peer.socket.terminate();
  await vi.waitFor(() => expect(inboxes).toHaveLength(2));
  snapshot(reply(''));
  tell({ type: 'counters', roomId, lastSeq: 4, lastReadSeq: 1, unread: 3, mentions: 0 });
  await vi.waitFor(() => expect(inbox.getSnapshot().rooms![0]!.mine.unread).toBe(3));
  expect(shown()).toEqual([[reply('Tea, at')], [reply('Tea, at')]]);

  inboxes[1]!.peer.socket.terminate();
  await vi.waitFor(() => expect(inboxes).toHaveLength(3));
  snapshot(reply('Tea, at four.', 'complete'));
  await showing(reply('Tea, at four.', 'complete'));
  expect(session.getSnapshot().messages).toEqual([message(1, 3)]);
});

it('holds no socket after closing', async () => {
  const { client, server, signIn } = await setUp();
  await signIn();
  const session = client.openRoom(roomId);
  client.openInbox();
  await vi.waitFor(() => expect(session.getSnapshot().status).toBe('live'));
  await client.close();
  await vi.waitFor(() => expect(server.openPeers).toEqual([]));
});

it('says what is missing where there is no WebSocket', () => {
  expect(() => createParleyClient({ url: 'http://localhost:1', transport: 'token' })).toThrow(/ws/);
});
