import { randomUUID } from 'node:crypto';
import type { AcceptedMessage, ChatEventData, ChatEventName } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Collected } from '../../../../../../tests/e2e/harness/collected.js';
import { serverSentEvents } from '../../../testing/raw-call.js';
import { scriptedAnswer } from '../../../testing/scripted-answer.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';

interface ChatEvent {
  id: string | undefined;
  event: ChatEventName;
  data: Record<string, unknown>;
}

/** Reads a stream as any HTTP client would. */
async function read(url: string, headers: Record<string, string>) {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const events = new Collected<ChatEvent>();
  const done = (async () => {
    try {
      for await (const event of serverSentEvents(response))
        if (event.data !== undefined && event.event !== 'heartbeat') events.push(event as unknown as ChatEvent);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  })();
  const of = <Name extends ChatEventName>(name: Name) =>
    events.items.filter(({ event }) => event === name).map(({ data }) => data as unknown as ChatEventData<Name>);
  return {
    response,
    events,
    of,
    done,
    chunks: (messageId: string) => of('chunk').filter(({ message_id }) => message_id === messageId),
    has: (name: ChatEventName, test: (data: Record<string, unknown>) => boolean = () => true) =>
      events.until((items) => items.some(({ event, data }) => event === name && test(data))),
    async stop() {
      abort.abort();
      await done;
      return events.items.findLast(({ id }) => id !== undefined)!.id!;
    },
  };
}

type Chunk = ChatEventData<'chunk'>;
const textOf = (chunks: Chunk[]) => chunks.map(({ chunk }) => chunk).join('');

/** What holds of the chunks of an answer that ended well, from whichever a reader began. */
function expectWhole(chunks: Chunk[], text: string, from = 0) {
  expect(chunks.map(({ chunk_id }) => chunk_id)).toEqual(chunks.map((_, index) => from + index));
  expect(chunks.map(({ is_final }) => is_final)).toEqual(chunks.map((_, index) => index === chunks.length - 1));
  expect(textOf(chunks)).toBe(text);
}

describe('the chat surface', () => {
  let world: TestApi;
  let ann: TestUser;
  let bob: TestUser;
  let other: string;
  beforeAll(async () => {
    world = await createTestApi({ LIMIT_SEND_PER_10_S: '1000', MODELS_ALLOWED: 'openai:gpt-a,openai:gpt-b,anthropic:*' });
    [ann, bob] = [await world.register('ann'), await world.register('bob')];
    other = (await world.another()).url;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const bearer = (who: TestUser) => ({ authorization: `Bearer ${who.accessToken}` });
  const post = (body: object, who: TestUser = ann, headers: Record<string, string> = {}, url = world.api.url) =>
    fetch(`${url}/api/chat`, {
      method: 'POST',
      headers: { ...bearer(who), 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const say = async (session_id: string, message: string, more: object = {}) => {
    const response = await post({ session_id, message, ...more });
    expect(response.status).toBe(202);
    return (await response.json()) as AcceptedMessage;
  };
  const stream = (sessionId: string, { url = world.api.url, from, query = '' }: { url?: string; from?: string; query?: string } = {}) =>
    read(`${url}/api/sse?session_id=${encodeURIComponent(sessionId)}${query}`, {
      ...bearer(ann),
      ...(from !== undefined && { 'last-event-id': from }),
    });
  const answering = (messageId: string) => scriptedAnswer(world.core, messageId);

  test('a message is accepted, and its answer comes in chunks under the id that was said, last the end', async () => {
    const session = randomUUID();
    const accepted = await say(session, 'When is tea?');
    expect(accepted).toEqual({
      message_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      session_id: session,
      status: 'accepted',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      correlation_id: expect.any(String) as string,
    });
    const reader = await stream(session);
    await reader.has('connected');
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(reader.events.items[0]!.data).toEqual({ connection_id: expect.any(String) as string, session_id: session });
    const answer = await answering(accepted.message_id);
    await answer.write('Tea is');
    await reader.has('chunk');
    await answer.write(' at four.');
    await reader.events.until(() => textOf(reader.of('chunk')) === 'Tea is at four.');
    await answer.end();
    await reader.has('message_complete');
    expectWhole(reader.of('chunk'), 'Tea is at four.');
    expect(new Set(reader.of('chunk').map(({ message_id, session_id }) => `${message_id} ${session_id}`))).toEqual(
      new Set([`${accepted.message_id} ${session}`]),
    );
    expect(reader.events.items.at(-1)).toMatchObject({
      event: 'message_complete',
      data: { message_id: accepted.message_id, token_count: 11 },
    });
    await reader.stop();
  });

  test('a stream may be opened first: the conversation is waited for, on whichever instance its first message comes', async () => {
    const session = `new-${randomUUID()}`;
    const readers = [await stream(session), await stream(session, { url: other })];
    for (const reader of readers) await reader.has('connected');
    const { message_id } = await say(session, 'Hello');
    const answer = await answering(message_id);
    await answer.write('Hello yourself.');
    await answer.end();
    for (const reader of readers) {
      await reader.has('message_complete');
      expectWhole(reader.chunks(message_id), 'Hello yourself.');
      await reader.stop();
    }
  });

  test('a reader that comes back goes on from exactly there, on another instance, and in the middle of an answer', async () => {
    const session = randomUUID();
    const { message_id } = await say(session, 'Tell me of the sea');
    const answer = await answering(message_id);
    const seen: Chunk[] = [];
    let from: string | undefined;
    const text = 'The sea 🌊 is wide, and its ships are few; but the harbour is near.';
    const pieces = text.match(/.{1,9}/gsu)!;
    for (const [index, piece] of pieces.entries()) {
      await answer.write(piece);
      const reader = await stream(session, { url: index % 2 ? other : world.api.url, ...(from !== undefined && { from }) });
      await reader.events.until(() => textOf([...seen, ...reader.of('chunk')]) === pieces.slice(0, index + 1).join(''));
      from = await reader.stop();
      seen.push(...reader.of('chunk'));
    }
    await answer.end();
    const last = await stream(session, { url: other, from: from! });
    await last.has('message_complete');
    await last.stop();
    expectWhole([...seen, ...last.of('chunk')], text);
  });

  test('what ended while a reader was away is told, from where it was; what ended before is not told again', async () => {
    const session = randomUUID();
    const [first, second] = [await say(session, 'one'), await say(session, 'two')];
    const reader = await stream(session);
    const one = await answering(first.message_id);
    await one.write('First ');
    await reader.has('chunk');
    const from = await reader.stop();
    await one.write('answer.');
    await one.end();
    const two = await answering(second.message_id);
    await two.write('Second answer.');
    await two.end();
    const again = await stream(session, { url: other, from });
    await again.has('message_complete', (data) => data['message_id'] === second.message_id);
    expectWhole([...reader.chunks(first.message_id), ...again.chunks(first.message_id)], 'First answer.');
    expectWhole(again.chunks(second.message_id), 'Second answer.');
    // Someone likes the answer in the page, and asks for another one: the stream is done with it.
    await ann.http.messages.react.mutate({ messageId: first.message_id, emoji: '👍', on: true });
    await ann.http.replies.regenerate.mutate({ messageId: first.message_id });
    const { message_id } = await say(session, 'three');
    const three = await answering(message_id);
    await three.write('Third answer.');
    await three.end();
    await again.has('message_complete', (data) => data['message_id'] === message_id);
    const at = await again.stop();
    expect(new Set(again.of('chunk').map((chunk) => chunk.message_id))).toEqual(new Set([first.message_id, second.message_id, message_id]));
    expect(again.of('message_complete')).toHaveLength(3);
    const later = await stream(session, { from: at });
    const next = await say(session, 'four');
    const four = await answering(next.message_id);
    await four.write('Fourth.');
    await four.end();
    await later.has('message_complete');
    expect(later.of('chunk').map((chunk) => chunk.message_id)).toEqual(later.chunks(next.message_id).map(() => next.message_id));
    await later.stop();
  });

  test('an answer that another worker begins again goes on where it says the same, and is told anew where it does not', async () => {
    const session = randomUUID();
    const [same, different] = [await say(session, 'one'), await say(session, 'two')];
    const reader = await stream(session);
    for (const { message_id } of [same, different]) {
      const dying = await answering(message_id);
      await dying.write('Tea is at ');
      await reader.has('chunk', (data) => data['message_id'] === message_id);
      await dying.die();
    }
    const resumed = await stream(session, { url: other, from: await reader.stop() });
    const first = await answering(same.message_id);
    await first.write('Tea ');
    await first.write('is at four.');
    await first.end();
    const second = await answering(different.message_id);
    await second.write('Tea was ');
    await second.write('at noon.');
    await second.end();
    await resumed.has('message_complete', (data) => data['message_id'] === `${different.message_id}.1`);
    expectWhole([...reader.chunks(same.message_id), ...resumed.chunks(same.message_id)], 'Tea is at four.');
    expect(resumed.chunks(different.message_id)).toEqual([]);
    expect(resumed.of('error')).toEqual([
      {
        message_id: different.message_id,
        code: 'ANSWER_RESTARTED',
        message: expect.any(String) as string,
        continued_as: `${different.message_id}.1`,
      },
    ]);
    expectWhole(resumed.chunks(`${different.message_id}.1`), 'Tea was at noon.');
    // Whoever comes back in the middle of it goes on under that id.
    await resumed.stop();
  });

  test('an answer that failed ends with an error, one that was stopped with what there is', async () => {
    const session = randomUUID();
    const [failing, stopped] = [await say(session, 'one'), await say(session, 'two')];
    const reader = await stream(session);
    const one = await answering(failing.message_id);
    await one.write('Half an ');
    await one.end({ status: 'failed', content: 'Half an answer', error: { code: 'MODEL_TIMEOUT', message: 'The model went silent.' } });
    await reader.has('error');
    expect(reader.of('error')).toEqual([{ message_id: failing.message_id, code: 'MODEL_TIMEOUT', message: 'The model went silent.' }]);
    expect(textOf(reader.chunks(failing.message_id))).toBe('Half an answer');
    expect(reader.chunks(failing.message_id).some(({ is_final }) => is_final)).toBe(false);
    const two = await answering(stopped.message_id);
    await two.write('So far');
    await two.end({ status: 'stopped', stoppedBy: ann.id });
    await reader.has('message_complete');
    expectWhole(reader.chunks(stopped.message_id), 'So far');
    await reader.stop();
  });

  test('a program that asks first and reads then is told the answer that was there sooner', async () => {
    const session = randomUUID();
    for (const text of ['Earlier.', 'Quick.']) {
      const { message_id } = await say(session, 'Quick?');
      const answer = await answering(message_id);
      await answer.write(text);
      await answer.end();
    }
    const reader = await stream(session);
    await reader.has('message_complete');
    expectWhole(reader.of('chunk'), 'Quick.');
    await reader.stop();
  });

  test('several devices read the same, each with chunks counted by itself', async () => {
    const session = randomUUID();
    const { message_id } = await say(session, 'hello');
    const early = [await stream(session), await stream(session, { url: other })];
    const answer = await answering(message_id);
    await answer.write('One, ');
    for (const reader of early) await reader.has('chunk');
    const late = await stream(session);
    await late.has('chunk');
    await answer.write('two.');
    await answer.end();
    for (const reader of [...early, late]) {
      await reader.has('message_complete');
      expectWhole(reader.of('chunk'), 'One, two.');
      await reader.stop();
    }
  });

  test('a session is one room with one character, however many first messages come at once, and it keeps to its character', async () => {
    const session = `race-${randomUUID()}`;
    const sent = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        post({ session_id: session, message: `first ${index}` }, ann, {}, index % 2 ? other : world.api.url),
      ),
    );
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 202));
    const rooms = (await ann.http.rooms.list.query({ scope: 'joined' })).filter(({ room }) => /^first \d$/.test(room.name));
    expect(rooms).toHaveLength(1);
    const [{ room, mine }] = rooms as [(typeof rooms)[number]];
    expect(room).toMatchObject({ visibility: 'direct', memberCount: 1 });
    expect(mine.direct).toMatchObject({ type: 'character', name: `Ada · ${room.name}` });
    const { items } = await ann.http.messages.list.query({ roomId: room.id });
    expect(items.map(({ kind }) => kind).toSorted()).toEqual([...Array(6).fill('reply'), ...Array(6).fill('text')] as string[]);
    const handle = `sage-${randomUUID().slice(0, 8)}`;
    const { character } = await ann.http.characters.create.mutate({ handle, name: 'Sage', systemPrompt: 'Be wise.' });
    for (const character_id of [handle, character.id]) {
      const refused = await post({ session_id: session, message: 'hello', character_id });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { code: 'VALIDATION', error: { data: { field: 'character_id' } } },
      ]);
    }
    expect((await post({ session_id: session, message: 'hello', character_id: 'ada' })).status).toBe(202);
    for (const character_id of [handle, `@${handle.toUpperCase()}`, character.id]) {
      const { message_id } = await say(`sage-${randomUUID()}`, 'hello', { character_id });
      expect((await ann.http.messages.get.query({ messageId: message_id })).author).toMatchObject({ id: character.id });
    }
    for (const character_id of ['nobody-here', randomUUID()]) {
      const refused = await post({ session_id: `none-${character_id}`, message: 'hello', character_id });
      expect([refused.status, await refused.json()]).toMatchObject([404, { code: 'CHARACTER_NOT_FOUND' }]);
    }
    // Nothing calls anyone else, and no text is a command.
    await say(session, '/summary of what @ada and @everyone said');
  });

  test('a message that is sent again with its Idempotency-Key is the same one', async () => {
    const session = randomUUID();
    const key = { 'idempotency-key': randomUUID() };
    const [first, second] = [
      (await (await post({ session_id: session, message: 'once' }, ann, key)).json()) as AcceptedMessage,
      (await (await post({ session_id: session, message: 'once' }, ann, key, other)).json()) as AcceptedMessage,
    ];
    expect(second).toMatchObject({ message_id: first.message_id, timestamp: first.timestamp });
    const reused = await post({ session_id: session, message: 'twice' }, ann, key);
    expect([reused.status, await reused.json()]).toMatchObject([409, { code: 'CLIENT_ID_REUSED' }]);
  });

  test('a model of one answer is one that the server allows', async () => {
    const session = randomUUID();
    const model = async (fields: object) => {
      const { message_id } = await say(session, 'hello', fields);
      return (await answering(message_id)).claim.character.model;
    };
    expect(await model({})).toBeNull();
    expect(await model({ ai_provider: 'openai', model: 'gpt-a' })).toBe('openai:gpt-a');
    expect(await model({ model: 'openai:gpt-b' })).toBe('openai:gpt-b');
    expect(await model({ model: 'gpt-b' })).toBe('openai:gpt-b');
    expect(await model({ ai_provider: 'anthropic' })).toBe('anthropic:claude-haiku-5-5');
    expect(await model({ ai_provider: 'built-in' })).toMatch(/^built-in:/);
    const handle = `agent-${randomUUID().slice(0, 8)}`;
    await ann.http.characters.create.mutate({ handle, name: 'Agent', systemPrompt: '', model: 'agent' });
    const refusedAgent = await post({ session_id: handle, message: 'hello', character_id: handle, model: 'openai:gpt-a' });
    expect([refusedAgent.status, await refusedAgent.json()]).toMatchObject([400, { error: { data: { field: 'model' } } }]);
    for (const [fields, field] of [
      [{ ai_provider: 'openai', model: 'gpt-c' }, 'model'],
      [{ ai_provider: 'openai' }, 'model'],
      [{ ai_provider: 'nobody' }, 'model'],
      [{ model: 'mystery' }, 'ai_provider'],
      [{ ai_provider: '../x', model: 'gpt-a' }, 'ai_provider'],
      [{ ai_provider: 'openai', model: '../gpt-a' }, 'model'],
    ] as const) {
      const refused = await post({ session_id: session, message: 'hello', ...fields });
      expect([fields, refused.status, await refused.json()]).toMatchObject([
        fields,
        400,
        { code: 'VALIDATION', error: { data: { field } } },
      ]);
    }
  });

  test('who may read: the caller alone, by a token, a key or a ticket, in the header or the address', async () => {
    const session = `mine-${randomUUID()}`;
    const { message_id } = await say(session, 'a secret');
    const { key } = await ann.http.keys.create.mutate({ name: 'reader', scopes: ['messages:read'] });
    const { ticket, path } = await ann.http.streamTickets.create.mutate({ sessionId: session });
    const address = `${world.api.url}/api/sse?session_id=${session}`;
    for (const [url, headers] of [
      [address, { authorization: `Bearer ${key}` }],
      [`${address}&token=${ann.accessToken}`, {}],
      [`${address}&token=${key}`, {}],
      [`${address}&token=${ticket}`, {}],
      [`${world.api.url}${path}`, {}],
      [`${address}&user_id=${ann.id.toUpperCase()}`, bearer(ann)],
      [`${address}&user_id=ann`, bearer(ann)],
    ] as const) {
      const reader = await read(url, headers);
      expect([url, reader.response.status]).toEqual([url, 200]);
      await reader.has('connected');
      await reader.stop();
    }
    // Bob's session of this name is his own, and not there yet.
    const his = await read(address, bearer(bob));
    await his.has('connected');
    const answer = await answering(message_id);
    await answer.write('secret');
    await answer.end();
    const mine = await stream(session);
    await mine.has('message_complete');
    await mine.stop();
    expect(his.events.items.map(({ event }) => event)).toEqual(['connected']);
    await his.stop();
    const { key: sender } = await ann.http.keys.create.mutate({ name: 'sender', scopes: ['messages:write'] });
    for (const [url, headers, status, code] of [
      [address, {}, 401, 'UNAUTHENTICATED'],
      [`${address}&token=made.up.token`, {}, 401, 'UNAUTHENTICATED'],
      [`${address}&ticket=${ann.accessToken}`, {}, 401, 'UNAUTHENTICATED'],
      [`${world.api.url}/api/sse?session_id=other&ticket=${ticket}`, {}, 401, 'UNAUTHENTICATED'],
      [address, { authorization: `Bearer ${sender}` }, 403, 'FORBIDDEN'],
      [`${address}&user_id=${bob.id}`, bearer(ann), 403, 'FORBIDDEN'],
      [`${world.api.url}/api/sse`, bearer(ann), 400, 'VALIDATION'],
      [`${world.api.url}/api/sse?session_id=`, bearer(ann), 400, 'VALIDATION'],
      [`${world.api.url}/api/sse?session_id=a&session_id=b`, bearer(ann), 400, 'VALIDATION'],
      [`${world.api.url}/api/sse?session_id=${'x'.repeat(129)}`, bearer(ann), 400, 'VALIDATION'],
      [`${world.api.url}/api/sse?session_id=%00`, bearer(ann), 400, 'VALIDATION'],
    ] as const) {
      const response = await fetch(url, { headers });
      expect([url, response.status, await response.json()]).toMatchObject([url, status, { code }]);
    }
    for (const [body, status, code] of [
      [{ session_id: session, message: 'hello', user_id: bob.id }, 403, 'FORBIDDEN'],
      [{ message: 'hello' }, 400, 'VALIDATION'],
      [{ session_id: '', message: 'hello' }, 400, 'VALIDATION'],
      [{ session_id: 'x'.repeat(129), message: 'hello' }, 400, 'VALIDATION'],
      [{ session_id: session, message: ' ' }, 400, 'MESSAGE_EMPTY'],
      [{ session_id: session, message: 'x'.repeat(33_000) }, 413, 'MESSAGE_TOO_LARGE'],
      [{ session_id: session, message: 'hello', colour: 'red' }, 400, 'VALIDATION'],
      [{ session_id: ['a'], message: 'hello' }, 400, 'VALIDATION'],
    ] as const) {
      const response = await post(body);
      expect([body, response.status, await response.json()]).toMatchObject([body, status, { code }]);
    }
    expect((await post({ session_id: session, message: 'hello', user_id: 'ANN' })).status).toBe(202);
    expect((await fetch(address, { method: 'POST', headers: bearer(ann) })).status).toBe(405);
  });

  test('a last event id that is none of ours is refused, and a made-up one shows nothing of other rooms', async () => {
    const session = randomUUID();
    const { message_id } = await say(session, 'hello');
    const answer = await answering(message_id);
    await answer.write('Hello.');
    await answer.end();
    for (const from of [
      'nonsense',
      '1:boot:2',
      '5~',
      '1~1~~x',
      `1~1~${'1-2,'.repeat(9_000)}`,
      '99999999999~1~',
      '1~1~~'.padEnd(200, '~'),
    ]) {
      const response = await fetch(`${world.api.url}/api/sse?session_id=${session}`, {
        headers: { ...bearer(ann), 'last-event-id': from },
      });
      expect([from, response.status]).toEqual([from, from.length > 16_000 ? 431 : 400]);
      await response.body?.cancel();
    }
    const { id: roomId } = await bob.http.rooms.create.mutate({ name: 'Bob’s', visibility: 'private' });
    const { replies } = await bob.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask a secret?' });
    const secret = await answering(replies[0]!.id);
    await secret.write('secret');
    await secret.end();
    const part = `${replies[0]!.id.replaceAll('-', '')}.0.1.0.3.AAAAAAAAAAA`;
    for (const from of [`0~0~~${part}`, `~0~~${part}`, `4000000000~0~~${part}`, `0~4000000000~`, `0~0~1-4000000000`]) {
      const reader = await stream(session, { from });
      await reader.has('connected');
      expect(reader.events.items.filter(({ data }) => JSON.stringify(data).includes(replies[0]!.id))).toEqual([]);
      await reader.stop();
    }
  });

  test('lists have the sessions made last, and the health of an instance says who reads here', async () => {
    const many = await world.register(`many-${randomUUID().slice(0, 8)}`);
    await many.http.rooms.create.mutate({ name: 'Mine' });
    for (let n = 0; n < 23; n++) await post({ session_id: `s-${n}`, message: `talk ${n}` }, many);
    const names = (await many.http.rooms.list.query({ scope: 'joined' })).map(({ room }) => room.name);
    expect(names).toContain('Mine');
    expect(names.filter((name) => name.startsWith('talk'))).toHaveLength(20);
    expect(names).toContain('talk 22');
    const health = async () => (await (await fetch(`${other}/health`)).json()) as Record<string, unknown>;
    const before = await health();
    expect(before).toMatchObject({ pod_id: 'test-2', active_connections: 0, active_sessions: 0, active_buffers: 0, nats_connected: true });
    expect(Date.parse(before['timestamp'] as string)).not.toBeNaN();
    const address = `${other}/api/sse?session_id=s-1`;
    const readers = [await read(address, bearer(many)), await read(address, bearer(many)), await read(`${address}x`, bearer(many))];
    for (const reader of readers) await reader.has('connected');
    expect(await health()).toMatchObject({ active_connections: 3, active_sessions: 2 });
    for (const reader of readers) await reader.stop();
    await expect.poll(health).toMatchObject({ active_connections: 0, active_sessions: 0 });
  });

  test('an account has its sessions in its file, and takes their names with it', async () => {
    const carl = await world.register(`carl-${randomUUID().slice(0, 8)}`);
    for (const session_id of ['b', 'a']) await post({ session_id, message: 'hello' }, carl);
    const file = await (await fetch(`${world.api.url}/api/me/export`, { headers: bearer(carl) })).text();
    const lines = file
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; sessionId?: string; roomId?: string; room?: { id: string } });
    const rooms = lines.filter(({ type }) => type === 'membership').map(({ room }) => room!.id);
    const sessions = lines.filter(({ type }) => type === 'chatSession');
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['a', 'b']);
    expect(rooms).toEqual(expect.arrayContaining(sessions.map(({ roomId }) => roomId)));
    const kept = () => world.database.db.$queryRaw<unknown[]>`select 1 from chat_sessions where user_id = ${carl.id}::uuid`;
    expect(await kept()).toHaveLength(2);
    await carl.http.users.removeAccount.mutate({ password: `password of ${carl.username}` });
    expect(await kept()).toEqual([]);
  });

  test('a new name of a character shows in the titles of its sessions', async () => {
    const handle = `name-${randomUUID().slice(0, 8)}`;
    const { character } = await ann.http.characters.create.mutate({ handle, name: 'Old', systemPrompt: 'Be.' });
    const session = randomUUID();
    await say(session, '  What is\n\u202etea?  ', { character_id: handle });
    const title = async () =>
      (await ann.http.rooms.list.query({ scope: 'joined' })).find(({ mine }) => mine.direct?.id === character.id)!.mine.direct!.name;
    expect(await title()).toBe('Old · What is tea?');
    await ann.http.characters.update.mutate({ characterId: character.id, name: 'New' });
    expect(await title()).toBe('New · What is tea?');
    await ann.http.characters.delete.mutate({ characterId: character.id });
    const refused = await post({ session_id: session, message: 'Still there?' });
    expect([refused.status, await refused.json()]).toMatchObject([404, { code: 'CHARACTER_NOT_FOUND' }]);
  });

  test('what an operator says of waiting pieces holds in the server', async () => {
    await using strict = await createTestApi({
      BUFFER_MAX_BUFFERS: '1',
      BUFFER_MAX_CHUNKS: '1',
      BUFFER_MAX_AGE: '100',
      BUFFER_CLEANUP_INTERVAL: '20',
      BUFFER_MISSING_CHUNK_TIMEOUT: '300000',
    });
    const dora = await strict.register('dora');
    const sent = await Promise.all(
      ['one', 'two'].map(async (session_id) => {
        const response = await fetch(`${strict.api.url}/api/chat`, {
          method: 'POST',
          headers: { ...bearer(dora), 'content-type': 'application/json' },
          body: JSON.stringify({ session_id, message: 'hello' }),
        });
        return (await response.json()) as AcceptedMessage;
      }),
    );
    const readers = await Promise.all(
      sent.map(({ session_id }) => read(`${strict.api.url}/api/sse?session_id=${session_id}`, bearer(dora))),
    );
    const buffered = async () => ((await (await fetch(`${strict.api.url}/health`)).json()) as { active_buffers: number }).active_buffers;
    const answers = [];
    let most = 0;
    for (const [index, { message_id }] of sent.entries()) {
      const answer = await scriptedAnswer(strict.core, message_id);
      await answer.write('a');
      await readers[index]!.has('chunk');
      for (const offset of [2, 3]) await answer.piece(offset, 'x');
      most = Math.max(most, await buffered());
      answers.push(answer);
    }
    expect(most).toBeLessThanOrEqual(1);
    // Nobody asks the worker within five minutes, so that what waits goes by its age alone.
    await expect.poll(buffered).toBe(0);
    for (const [index, answer] of answers.entries()) {
      await answer.piece(1, 'x');
      await answer.end({ content: 'axxx' });
      await readers[index]!.has('message_complete');
      expectWhole(readers[index]!.of('chunk'), 'axxx');
      await readers[index]!.stop();
    }
  });
});
