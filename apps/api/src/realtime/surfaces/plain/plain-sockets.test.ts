import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { channels, closeCodes } from '@parley/contracts';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { tellPrivateProgress } from '@parley/core/replies/tell-private-progress';
import { Prisma } from '@parley/db';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from '../../../../../../tests/e2e/harness/collected.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';
import type { PlainFrame } from './plain-frames.js';

type Of<T extends PlainFrame['type']> = Extract<PlainFrame, { type: T }>;

describe('plain WebSockets', () => {
  let world: TestApi;
  let ann: TestUser;
  let roomId: string;
  beforeAll(async () => {
    world = await createTestApi({ LIMIT_SEND_PER_10_S: '1000', CONNECTION_PARAMS_TIMEOUT_MS: '500' });
    ann = await world.register('ann');
    ({ id: roomId } = await ann.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' }));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const send = (content: string) => ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });

  /** A socket as any library opens one. */
  async function open(path: string, options: { headers?: Record<string, string>; protocols?: string[] } = {}) {
    const ws = new WebSocket(`${world.api.url.replace('http', 'ws')}${path}`, options.protocols ?? [], { headers: options.headers ?? {} });
    const frames = new Collected<PlainFrame>();
    const closed = once(ws, 'close') as Promise<[number, Buffer]>;
    ws.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as PlainFrame));
    await once(ws, 'open');
    const say = (frame: unknown) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    const of = <T extends PlainFrame['type']>(type: T) => frames.items.filter((frame): frame is Of<T> => frame.type === type);
    const has = <T extends PlainFrame['type']>(type: T, test: (frame: Of<T>) => boolean = () => true) =>
      frames.until(() => of(type).some(test));
    return { ws, frames, closed, say, of, has, close: () => (ws.close(), closed) };
  }
  const bearer = (who: TestUser) => ({ headers: { authorization: `Bearer ${who.accessToken}` } });
  const room = (query = '') => `/ws?roomID=${roomId}${query}`;

  test('a connection first, then messages both ways, system lines, and who is here', async () => {
    const { message: last } = await send('before');
    const peer = await open(room(), bearer(ann));
    await peer.has('connection');
    expect(peer.frames.items[0]).toEqual({
      type: 'connection',
      connectionID: expect.any(String) as string,
      roomID: roomId,
      userID: ann.id,
      lastMessageID: last!.id,
    });
    await peer.has('presence', ({ online }) => Array.isArray(online) && online.includes(ann.id));
    const clientID = randomUUID();
    peer.say({ type: 'message', content: 'ahoy', clientID });
    await peer.has('message', ({ content }) => content === 'ahoy');
    expect(peer.of('message').at(-1)).toEqual({
      type: 'message',
      messageID: expect.any(String) as string,
      roomID: roomId,
      senderID: ann.id,
      senderName: 'ann',
      senderType: 'user',
      content: 'ahoy',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      seq: last!.seq + 1,
      clientID,
    });
    const { messageID } = peer.of('message').at(-1)!;
    await ann.http.messages.edit.mutate({ messageId: messageID, content: 'ahoy there' });
    await peer.has('message', (frame) => frame.messageID === messageID && frame.edited === true && frame.content === 'ahoy there');
    await ann.http.messages.delete.mutate({ messageId: messageID });
    await peer.has('message', (frame) => frame.messageID === messageID && frame.deleted === true && frame.content === '');
    await ann.http.rooms.update.mutate({ roomId, topic: 'Ships' });
    await peer.has('system', ({ content }) => content.includes('Ships'));
    // Another text under an id that was used is refused by that id.
    const used = randomUUID();
    peer.say({ type: 'message', content: 'once', clientID: used });
    peer.say({ type: 'message', content: 'other', clientID: used });
    await peer.has('error', (frame) => frame.code === 'CLIENT_ID_REUSED' && frame.clientID === used);
    await peer.close();
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0, sockets: 0 });
  });

  test('a connection names the last message before those that it tells, also if one is said while it is made', async () => {
    const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Jetty' });
    const say = (content: string) => ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
    const before = await say('before');
    const { db } = world.core;
    let meanwhile: ReturnType<typeof say> | null = null;
    // The room's messages are read for the connection once it is a reader of the room.
    world.core.db = new Proxy(db, {
      get: (target, name) =>
        name !== '$queryRaw'
          ? (Reflect.get(target, name) as unknown)
          : async (query: Prisma.Sql) => {
              if (query.sql.includes('page.low') && !meanwhile) await (meanwhile = say('meanwhile'));
              return target.$queryRaw(query);
            },
    });
    try {
      const peer = await open(`/ws?roomID=${roomId}`, bearer(ann));
      await peer.has('message');
      expect(peer.of('message').map(({ content }) => content)).toEqual(['meanwhile']);
      expect(peer.of('connection')[0]!.lastMessageID).toBe(before.message!.id);
      await peer.close();
    } finally {
      world.core.db = db;
    }
  });

  test('what is sent is done in the order in which it was sent', async () => {
    const peer = await open(room(), bearer(ann));
    await peer.has('connection');
    const texts = Array.from({ length: 60 }, (_, index) => `number ${index}`);
    for (const content of texts) peer.say({ type: 'message', content });
    await peer.has('message', ({ content }) => content === texts.at(-1));
    expect(peer.of('message').map(({ content }) => content)).toEqual(texts);
    await peer.close();
  });

  test('a command is told as what it is, and an answer for one person comes to them alone', async () => {
    const [peer, other] = [await open(room(), bearer(ann)), await open(room(), bearer(ann))];
    await Promise.all([peer.has('connection'), other.has('connection')]);
    peer.say({ type: 'ai_command', command: 'ask', content: 'where are the ships?' });
    await other.has('ai_command');
    const [command] = other.of('ai_command');
    expect(command).toMatchObject({ command: 'ask', content: 'where are the ships?', roomID: roomId, senderID: ann.id });
    expect(other.of('message').at(-1)).toMatchObject({ messageID: command!.messageID, content: '/ask where are the ships?' });
    peer.say({ type: 'ai_command', command: '/help' });
    await peer.has('system', ({ content }) => content.includes('/summary'));
    peer.say({ type: 'ai_command', command: 'sumary', clientID: '0b7cbb4e-8b4c-4f4c-8f5c-0b7cbb4e8b4c' });
    await peer.has('error', ({ code, clientID }) => code === 'UNKNOWN_COMMAND' && clientID === '0b7cbb4e-8b4c-4f4c-8f5c-0b7cbb4e8b4c');
    expect(other.of('system')).toEqual([]);
    await Promise.all([peer.close(), other.close()]);
  });

  test('what a bot says is marked as such, and what a person says is not', async () => {
    const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Weather' });
    await ann.http.bots.create.mutate({ username: 'vane' });
    const { key } = await ann.http.keys.create.mutate({ name: 'run', scopes: ['messages:write'], bot: 'vane' });
    await ann.http.rooms.addMember.mutate({ roomId, username: 'vane' });
    const peer = await open(`/ws?roomID=${roomId}`, bearer(ann));
    await peer.has('connection');
    for (const http of [world.as(key), ann.http])
      await http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Wind from the west.' });
    await peer.has('message', ({ senderName }) => senderName === 'ann');
    expect(peer.of('message').map(({ senderName, senderType, bot }) => [senderName, senderType, bot])).toEqual([
      ['vane', 'user', true],
      ['ann', 'user', undefined],
    ]);
    await peer.close();
  });

  test('a command of a bot is told as one, with whose it is, and is sent like any other', async () => {
    const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Shipyard' });
    for (const username of ['ops', 'ship']) {
      const { user } = await ann.http.bots.create.mutate({ username });
      const { key } = await ann.http.keys.create.mutate({ name: 'run', scopes: ['messages:write'], bot: username });
      const commands = [{ name: 'deploy', help: 'Puts it out', arguments: 'env' }];
      expect(await world.as(key).bots.setCommands.mutate({ commands })).toEqual({ commands });
      await ann.http.rooms.addMember.mutate({ roomId, username: user.username });
    }
    const listed = await ann.http.commands.list.query({ roomId });
    expect(listed.slice(-2)).toMatchObject([
      { name: 'deploy', args: 'env', help: 'Puts it out', private: false, bot: { username: 'ops' } },
      { name: 'deploy', bot: { username: 'ship' } },
    ]);
    const peer = await open(`/ws?roomID=${roomId}`, bearer(ann));
    await peer.has('connection');
    const clientID = randomUUID();
    peer.say({ type: 'ai_command', command: 'deploy', content: 'prod', clientID });
    await peer.has('error', (frame) => frame.code === 'COMMAND_ARGUMENT' && frame.clientID === clientID);
    peer.say({ type: 'ai_command', command: '/deploy@ship', content: 'prod', clientID });
    await peer.has('ai_command');
    const [command] = peer.of('ai_command');
    expect(command).toEqual({
      type: 'ai_command',
      command: 'deploy',
      content: 'prod',
      roomID: roomId,
      senderID: ann.id,
      timestamp: expect.any(String) as string,
      messageID: expect.any(String) as string,
      botID: listed.at(-1)!.bot!.id,
    });
    expect(peer.of('message').at(-1)).toMatchObject({ messageID: command!.messageID, content: '/deploy@ship prod', clientID });
    await peer.close();
  });

  test('a private answer comes to the socket that asked for it, once it is whole, and to nobody else; why it failed too', async () => {
    const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Quay' });
    const [peer, other] = [await open(`/ws?roomID=${roomId}`, bearer(ann)), await open(`/ws?roomID=${roomId}`, bearer(ann))];
    await Promise.all([peer.has('connection'), other.has('connection')]);
    peer.say({ type: 'message', content: 'Tea is at four.' });
    await other.has('message');
    const asked: string[] = [];
    const claim = async (clientID: string) => {
      peer.say({ type: 'ai_command', command: 'summary', content: 'private', clientID });
      const listed = () =>
        world.database.db.$queryRaw<{ id: string }[]>(Prisma.sql`
        select id::text from private_replies where room_id = ${roomId}::uuid and not (id::text = any(${asked}))`);
      await expect.poll(async () => (await listed()).length).toBe(1);
      const [{ id }] = (await listed()) as [{ id: string }];
      asked.push(id);
      return (await privateReplyJobs.claim(world.core, id, { id: 'a worker of the test', leaseMs: 60_000 }))!;
    };
    const whole = await claim(randomUUID());
    await tellPrivateProgress(world.core, whole, 'Tea');
    await privateReplyJobs.end(world.core, whole, {
      status: 'complete',
      content: 'Tea, at four.',
      model: 'test:model',
      usage: null,
      error: null,
    });
    await peer.has('system', ({ content, roomID }) => content === 'Tea, at four.' && roomID === roomId);
    const clientID = randomUUID();
    const failing = await claim(clientID);
    await privateReplyJobs.end(world.core, failing, {
      status: 'failed',
      content: '',
      model: null,
      usage: null,
      error: { code: 'MODEL_TIMEOUT', message: 'The model went silent.' },
    });
    await peer.has('error', (frame) => frame.clientID === clientID && frame.code === 'MODEL_TIMEOUT');
    expect(peer.of('system').map(({ content }) => content)).toEqual(['Tea, at four.']);
    await expect.poll(() => world.api.counts().inboxReaders).toBe(0);
    // Whoever goes while an answer is awaited leaves nothing behind.
    await claim(randomUUID());
    await expect.poll(() => world.api.counts().inboxReaders).toBe(1);
    await Promise.all([peer.close(), other.close()]);
    expect([...other.of('system'), ...other.of('error')]).toEqual([]);
    await expect.poll(() => world.api.counts()).toMatchObject({ inboxReaders: 0, readers: 0 });
  });

  test('an answer comes in chunks that say whose it is, also to whoever comes in the middle, and then as a message', async () => {
    const { replies } = await send('/ask and now?');
    const { id: messageId, author } = replies[0]!;
    const chunk = (offset: number, text: string) => ({ messageId, attempt: 1, offset, text });
    const peer = await open(room(), bearer(ann));
    await peer.has('connection');
    world.bus.publish(channels.roomDeltas(roomId), { deltas: [chunk(0, 'Once ')] });
    await peer.has('ai_chunk');
    const late = await open(room(), bearer(ann));
    await late.has('ai_chunk');
    world.bus.publish(channels.roomDeltas(roomId), { deltas: [chunk(5, 'more')] });
    await Promise.all([peer, late].map(({ has }) => has('ai_chunk', ({ content }) => content.endsWith('more'))));
    for (const { of } of [peer, late]) {
      const chunks = of('ai_chunk');
      expect(chunks.map(({ content }) => content).join('')).toBe('Once more');
      for (const each of chunks) expect(each).toMatchObject({ messageID: messageId, roomID: roomId, characterID: author.id, attempt: 1 });
      // While it is written there is no message of it.
      expect(of('message').filter(({ messageID }) => messageID === messageId)).toEqual([]);
    }
    await ann.http.replies.stop.mutate({ messageId });
    await Promise.all([peer, late].map(({ has }) => has('message', ({ messageID }) => messageID === messageId)));
    expect(peer.of('message').find(({ messageID }) => messageID === messageId)).toMatchObject({
      senderType: 'character',
      senderID: author.id,
    });
    await Promise.all([peer.close(), late.close()]);
  });

  test('whoever comes back with the last message that it saw is told what it missed, changes of earlier ones too', async () => {
    const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Pier' });
    const room = (query: string) => `/ws?roomID=${roomId}${query}`;
    const send = (content: string) => ann.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
    const [first, second] = [await send('first'), await send('second')];
    const peer = await open(room(`&after=${second.message!.id}`), bearer(ann));
    await peer.has('connection');
    await send('live');
    await peer.has('message', ({ content }) => content === 'live');
    // What was said a moment ago may come again, and nothing that was said comes twice as news.
    await peer.close();
    const seen = peer.of('message').at(-1)!;
    // The clock of the changes below is later than that of the message that was seen last.
    await world.database.db.$executeRaw(Prisma.sql`
      update messages set created_at = created_at - interval '1 hour', edited_at = edited_at - interval '1 hour' where room_id = ${roomId}::uuid`);
    await ann.http.messages.edit.mutate({ messageId: first.message!.id, content: 'first, mended' });
    await ann.http.messages.delete.mutate({ messageId: second.message!.id });
    await send('missed');
    const back = await open(room(`&after=${seen.messageID}`), bearer(ann));
    await back.has('message', ({ content }) => content === 'missed');
    expect(back.of('message').map(({ messageID, content }) => [messageID, content])).toEqual([
      [first.message!.id, 'first, mended'],
      [second.message!.id, ''],
      [expect.any(String), 'missed'],
    ]);
    await back.close();
    // A reaction is no news to a plain socket: the message comes again as it was.
    const reacted = await open(room(''), bearer(ann));
    await reacted.has('connection');
    const missed = back.of('message').at(-1)!;
    await ann.http.messages.react.mutate({ messageId: missed.messageID, emoji: '👍', on: true });
    await reacted.has('message');
    expect(reacted.of('message')).toEqual([missed]);
    await reacted.close();
    // Who came when the room was empty is told all of it.
    const all = await open(room('&after='), bearer(ann));
    await all.has('message', ({ content }) => content === 'missed');
    expect(
      all
        .of('message')
        .map(({ seq }) => seq)
        .sort((a, b) => a - b),
    ).toEqual([1, 2, 3, 4]);
    await all.close();
    const { id: other } = await ann.http.rooms.create.mutate({ name: 'Other' });
    const elsewhere = await ann.http.messages.send.mutate({ roomId: other, clientId: randomUUID(), content: 'elsewhere' });
    for (const [after, code] of [
      [randomUUID(), 'MESSAGE_NOT_FOUND'],
      [elsewhere.message!.id, 'MESSAGE_NOT_FOUND'],
    ]) {
      const lost = await open(room(`&after=${after}`), bearer(ann));
      await lost.has('error', (frame) => frame.code === code);
      await lost.has('connection');
      await lost.close();
    }
  });

  test('a peer proves who it is by a header, a subprotocol, its first frame, the address, or a ticket of one use', async () => {
    const { key } = await ann.http.keys.create.mutate({ name: 'bot', scopes: ['messages:read', 'messages:write'] });
    const { ticket, path } = await ann.http.streamTickets.create.mutate({ roomId, once: true });
    expect(path).toBe(`${room()}&token=${ticket}`);
    const ways: [string, Parameters<typeof open>[1]?][] = [
      [room(), bearer(ann)],
      [room(), { headers: { authorization: `Bearer ${key}` } }],
      [room(), { protocols: ['parley', ann.accessToken] }],
      [room(`&token=${ann.accessToken}`)],
      [path],
    ];
    for (const [address, options] of ways) {
      const peer = await open(address, options);
      await peer.has('connection');
      expect(peer.ws.protocol).toBe(options?.protocols ? 'parley' : '');
      await peer.close();
    }
    const framed = await open(room());
    framed.say({ type: 'auth', token: ann.accessToken });
    await framed.has('connection');
    framed.say({ type: 'auth', token: ann.accessToken });
    await framed.has('error', ({ code }) => code === 'VALIDATION');
    await framed.close();

    const again = await open(path);
    expect((await again.closed)[0]).toBe(closeCodes.SESSION_ENDED);
    // A ticket for one room opens no other of the same account; one for none opens any.
    const { id: otherId } = await ann.http.rooms.create.mutate({ name: 'Other' });
    const bound = await ann.http.streamTickets.create.mutate({ roomId, once: true });
    const astray = await open(`/ws?roomID=${otherId}&token=${bound.ticket}`);
    expect((await astray.closed)[0]).toBe(closeCodes.IDENTITY_EXPIRED);
    const { ticket: free } = await ann.http.streamTickets.create.mutate({ once: true });
    for (const address of [bound.path, `/ws?roomID=${otherId}&token=${free}`]) {
      const peer = await open(address);
      await peer.has('connection');
      await peer.close();
    }
    // A ticket of a stream of events is none for a socket, and the other way round.
    const { ticket: stream } = await ann.http.streamTickets.create.mutate({ roomId });
    const wrong = await open(room(`&token=${stream}`));
    expect((await wrong.closed)[0]).toBe(closeCodes.IDENTITY_EXPIRED);
    expect((await fetch(`${world.api.url}/api/rooms/${roomId}/events?ticket=${ticket}`)).status).toBe(401);
  });

  test('whoever says nothing, something else first, or what is no frame is told what to send', async () => {
    const silent = await open(room());
    expect(await silent.closed).toMatchObject([closeCodes.CONNECTION_PARAMS_TIMEOUT, expect.anything()]);
    for (const first of [{ type: 'message', content: 'hi' }, 'hello', '42', '[]']) {
      const eager = await open(room());
      eager.say(first);
      const [code, reason] = await eager.closed;
      expect([code, reason.toString()]).toEqual([closeCodes.WRONG_FIRST_FRAME, 'Send first: {"type":"auth","token":"…"}']);
      expect(eager.of('error')).toHaveLength(1);
    }
    const peer = await open(room(), bearer(ann));
    await peer.has('connection');
    const wrong: [unknown, string][] = [
      ['{"type":', 'VALIDATION'],
      ['null', 'VALIDATION'],
      ['{"type":"shout"}', 'VALIDATION'],
      [{ type: 'message' }, 'VALIDATION'],
      [{ type: 'message', content: '' }, 'MESSAGE_EMPTY'],
      [{ type: 'message', content: 'x'.repeat(40_000) }, 'MESSAGE_TOO_LARGE'],
      [{ type: 'message', content: 'x', clientID: 'mine' }, 'VALIDATION'],
      [{ type: 'message', content: 'x', roomID: roomId }, 'VALIDATION'],
      [{ type: 'ai_command', command: 'a b' }, 'VALIDATION'],
      [{ type: 'typing', typing: 'yes' }, 'VALIDATION'],
      [`{"type":"message","content":${'['.repeat(100)}${']'.repeat(100)}}`, 'VALIDATION'],
    ];
    for (const [index, [frame, code]] of wrong.entries()) {
      peer.say(frame);
      await peer.frames.until(() => peer.of('error').length > index);
      expect([frame, peer.of('error').at(-1)!.code]).toEqual([frame, code]);
      expect(peer.of('error').at(-1)!.message).toMatch(/.{5}/);
    }
    peer.ws.send(Buffer.from([1, 2, 3]), { binary: true });
    await peer.frames.until(() => peer.of('error').length > wrong.length);
    peer.say({ type: 'typing', typing: true });
    peer.say({ type: 'message', content: 'still here' });
    await peer.has('message', ({ content }) => content === 'still here');
    expect(peer.of('error')).toHaveLength(wrong.length + 1);
    await peer.close();
  });

  test('a room that is not there for the account ends the socket with a sentence, at once or later', async () => {
    const bea = await world.register('bea');
    for (const address of [room(), `/ws?roomID=${randomUUID()}`, '/ws', '/ws?roomID=lobby', `/ws/${randomUUID()}`, '/ws/ada']) {
      const peer = await open(address, bearer(bea));
      expect([address, (await peer.closed)[0]]).toEqual([address, closeCodes.ROOM_CLOSED]);
      expect(peer.of('error')).toHaveLength(1);
    }
    await ann.http.rooms.addMember.mutate({ roomId, username: 'bea' });
    const peer = await open(room(), bearer(bea));
    await peer.has('connection');
    await ann.http.rooms.removeMember.mutate({ roomId, username: 'bea' });
    expect((await peer.closed)[0]).toBe(closeCodes.ROOM_CLOSED);
    expect(peer.of('error')).toHaveLength(1);
  });

  test('a room of one’s own with a character is at the character’s id, made on first use', async () => {
    const cay = await world.register('cay');
    const { character } = (await cay.http.characters.list.query()).find((each) => each.character.handle === 'ada')!;
    const peer = await open(`/ws/${character.id}`, bearer(cay));
    await peer.has('connection');
    const again = await open(`/ws/${character.id}`, bearer(cay));
    await again.has('connection');
    expect(again.of('connection')[0]!.roomID).toBe(peer.of('connection')[0]!.roomID);
    peer.say({ type: 'message', content: 'only us two' });
    await again.has('message', ({ content }) => content === 'only us two');
    await Promise.all([peer.close(), again.close()]);
  });

  test('a session that ends closes its sockets', async () => {
    const dot = await world.register('dot');
    await ann.http.rooms.addMember.mutate({ roomId, username: 'dot' });
    const peer = await open(room(), bearer(dot));
    await peer.has('connection');
    await dot.http.auth.logout.mutate({});
    expect((await peer.closed)[0]).toBe(closeCodes.SESSION_ENDED);
  });
});
