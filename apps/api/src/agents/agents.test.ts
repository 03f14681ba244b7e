import { randomUUID } from 'node:crypto';
import { channels, type AgentTask, type MessageView } from '@parley/contracts';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { restOf, type RestAnswer } from '../testing/rest-of.js';
import { sharedApi } from '../testing/shared-api.js';
import { createTestApi, type TestApi, type TestUser } from '../testing/test-api.js';

type Rest = ReturnType<typeof restOf>;

/** A room with a character whose answers its maker's program writes, over plain HTTP with a key. */
async function serve(world: TestApi, maker: TestUser, handle: string) {
  const { character } = await maker.http.characters.create.mutate({ handle, name: 'Scout', systemPrompt: 'You scout.', model: 'agent' });
  const { id: roomId } = await maker.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
  await maker.http.rooms.addCharacter.mutate({ roomId, characterId: character.id });
  const { key } = await maker.http.keys.create.mutate({ name: 'agent', scopes: ['agents:serve'] });
  const rest = restOf(world, key);
  return {
    roomId,
    character,
    key,
    rest,
    ask: async (content: string, by = maker): Promise<MessageView> => {
      const { replies } = await by.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `@${handle} ${content}` });
      return replies[0]!;
    },
    get: (messageId: string) => maker.http.messages.get.query({ messageId }),
    next: async (wait = 0) => taskIn(await rest('POST', `/api/agents/@${handle}/tasks`, { wait })),
  };
}

function taskIn({ status, body }: RestAnswer): AgentTask | null {
  expect([status, body]).toEqual([200, expect.anything()]);
  return (body as { task: AgentTask | null }).task;
}

const at = ({ taskId }: Pick<AgentTask, 'taskId'>, call: 'write' | 'done' | 'fail') => `/api/agents/tasks/${taskId}/${call}`;

const write = (rest: Rest, task: AgentTask, offset: number, text: string, wait = 0) =>
  rest('POST', at(task, 'write'), { attempt: task.attempt, offset, text, wait });

const code = ({ body }: RestAnswer) => (body as { code: string }).code;

/** The deltas of an answer, from now on. */
async function deltasOf(world: TestApi, roomId: string) {
  const texts: string[] = [];
  await world.bus.subscribe(
    channels.roomDeltas(roomId),
    ({ deltas }) => void texts.push(...deltas.map(({ offset, text }) => `${offset}:${text}`)),
  );
  return texts;
}

describe('an agent over plain HTTP', () => {
  const world = sharedApi('pglite', { AGENT_LEASE_MS: '60000' });
  let maker: TestUser;
  let asker: TestUser;

  beforeAll(async () => {
    maker = await world().register('olga');
    asker = await world().register('ben');
  });

  test('is given what a worker would ask a model, shows its text as it writes, and ends the answer', async () => {
    const { roomId, rest, ask, next, get } = await serve(world(), maker, 'scout');
    expect(await next()).toBeNull();
    await maker.http.rooms.addMember.mutate({ roomId, username: 'ben' });
    await asker.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'The tide is in.' });
    const reply = await ask('what of the tide?', asker);
    expect(reply).toMatchObject({ status: 'queued' });
    const task = (await next())!;
    expect(task).toMatchObject({
      taskId: reply.id,
      messageId: reply.id,
      roomId,
      attempt: 1,
      leaseMs: 60_000,
      askedBy: { name: 'ben', handle: 'ben' },
      trigger: { kind: 'mention', question: 'what of the tide?' },
      private: false,
      stopRequested: false,
    });
    expect(task.prompt).toContain('You scout.');
    expect(task.messages.at(-1)!.content).toContain('what of the tide?');
    expect(task.messages[0]!.content).toContain('The tide is in.');
    expect(await next()).toBeNull();
    expect((await get(reply.id)).status).toBe('streaming');
    const deltas = await deltasOf(world(), roomId);
    expect((await write(rest, task, 0, 'It is ')).body).toEqual({ stopRequested: false, leaseMs: 60_000, length: 6 });
    // A repeat of a call whose answer was lost, and a piece that begins in what is there.
    expect((await write(rest, task, 0, 'It is ')).body).toMatchObject({ length: 6 });
    expect((await write(rest, task, 3, 'is in.')).body).toMatchObject({ length: 9 });
    await expect.poll(() => deltas).toEqual(['0:It is ', '6:in.']);
    const done = { attempt: 1, usage: { inputTokens: 5, outputTokens: 2 } };
    const ended = await rest('POST', at(task, 'done'), done);
    expect(ended.body).toMatchObject({
      message: {
        id: reply.id,
        status: 'complete',
        content: 'It is in.',
        reply: { model: 'agent', usage: { inputTokens: 5, outputTokens: 2 } },
      },
    });
    // The same call again, and a late one.
    expect((await rest('POST', at(task, 'done'), done)).body).toEqual(ended.body);
    expect(code(await write(rest, task, 9, ' Or out.'))).toBe('ATTEMPT_OVER');
    expect(code(await rest('POST', at(task, 'fail'), { attempt: 1, message: 'no' }))).toBe('ATTEMPT_OVER');
    expect(code(await rest('POST', at(task, 'done'), { attempt: 2 }))).toBe('ATTEMPT_OVER');
    expect(code(await rest('POST', at({ taskId: randomUUID() }, 'done'), { attempt: 1 }))).toBe('TASK_NOT_FOUND');
  });

  test('waits for a task and is given it at once, one of those who wait', async () => {
    const { ask, next, rest } = await serve(world(), maker, 'waiter');
    const waits = [next(30_000), next(30_000)];
    const replies = [await ask('first?')];
    const first = await Promise.race(waits);
    expect(first!.taskId).toBe(replies[0]!.id);
    replies.push(await ask('second?'));
    expect((await Promise.all(waits)).map((task) => task!.taskId).toSorted()).toEqual(replies.map(({ id }) => id).toSorted());
    await rest('POST', at(first!, 'done'), { attempt: 1, text: 'Here.' });
  });

  test('hears of a stop while it is silent, and ends the answer with what it has', async () => {
    const { ask, next, rest } = await serve(world(), maker, 'silent');
    const reply = await ask('tell me a long story');
    const task = (await next())!;
    await write(rest, task, 0, 'Once upon');
    const silent = write(rest, task, 9, '', 30_000);
    await maker.http.replies.stop.mutate({ messageId: reply.id });
    expect((await silent).body).toEqual({ stopRequested: true, leaseMs: 60_000, length: 9 });
    // Also whoever asks later.
    expect((await write(rest, task, 9, '')).body).toMatchObject({ stopRequested: true });
    const { body } = await rest('POST', at(task, 'done'), { attempt: 1, stopped: true });
    expect(body).toMatchObject({ message: { status: 'stopped', content: 'Once upon', reply: { stoppedBy: maker.id } } });
  });

  test('a waiting answer is stopped like any other', async () => {
    const { ask, next } = await serve(world(), maker, 'queued');
    const reply = await ask('hello?');
    expect(await maker.http.replies.stop.mutate({ messageId: reply.id })).toMatchObject({ status: 'stopped' });
    expect(await next()).toBeNull();
  });

  test('says that it could not answer, and has it tried again where it asks for that', async () => {
    const { ask, next, rest } = await serve(world(), maker, 'clumsy');
    await ask('hello?');
    const first = (await next())!;
    const again = await rest('POST', at(first, 'fail'), { attempt: 1, message: 'My model is away.', retry: true });
    expect(again.body).toMatchObject({ message: { status: 'queued', error: null } });
    const second = await vi.waitFor(async () => {
      const task = await next();
      expect(task).not.toBeNull();
      return task!;
    }, 20_000);
    expect(second).toMatchObject({ taskId: first.taskId, attempt: 2 });
    expect(code(await write(rest, first, 0, 'late'))).toBe('ATTEMPT_OVER');
    await write(rest, second, 0, 'I think');
    const failed = { attempt: 2, message: 'My model is away.', retry: true };
    const { body } = await rest('POST', at(second, 'fail'), failed);
    expect(body).toMatchObject({
      message: { status: 'failed', content: 'I think', error: { code: 'AGENT_FAILED', message: 'My model is away.' } },
    });
    expect((await rest('POST', at(second, 'fail'), failed)).body).toEqual(body);
  });

  test('mentions in its answer call others, and a new version can be asked for', async () => {
    const { roomId, ask, next, rest } = await serve(world(), maker, 'caller');
    const { characters } = await maker.http.rooms.get.query({ roomId });
    const ada = characters.find(({ character }) => character.handle === 'ada');
    if (!ada) {
      const listed = await maker.http.characters.list.query();
      await maker.http.rooms.addCharacter.mutate({
        roomId,
        characterId: listed.find(({ character }) => character.handle === 'ada')!.character.id,
      });
    }
    const reply = await ask('who knows?');
    await rest('POST', at((await next())!, 'done'), { attempt: 1, text: 'Ask @ada.' });
    const page = await maker.http.messages.list.query({ roomId });
    expect(page.items.at(-1)).toMatchObject({ kind: 'reply', replyTo: reply.id, author: { handle: 'ada' }, status: 'queued' });
    await maker.http.replies.regenerate.mutate({ messageId: reply.id });
    expect(await next()).toMatchObject({ taskId: reply.id, attempt: 2 });
  });

  test('offsets that nobody has ask the others once at a time, however many calls name them', async () => {
    const { ask, next, rest } = await serve(world(), maker, 'hasty');
    await ask('quick');
    const task = (await next())!;
    const asked = vi.spyOn(world().bus, 'request');
    try {
      await write(rest, task, 0, 'a');
      asked.mockClear();
      const far = await Promise.all(Array.from({ length: 20 }, () => write(rest, task, 1_000, 'x')));
      expect(far.map(code)).toEqual(Array.from({ length: 20 }, () => 'TEXT_MISSING'));
      // Each call alone would ask up to 20 times, in a second.
      expect(asked.mock.calls.length).toBeLessThan(200);
    } finally {
      asked.mockRestore();
    }
    await rest('POST', at(task, 'done'), { attempt: 1 });
  });

  test('text is bounded, and stored sign by sign', async () => {
    const { ask, next, rest } = await serve(world(), maker, 'bounds');
    await ask('all of it');
    const task = (await next())!;
    // Half of a character waits for the other half, without which it is none.
    expect((await write(rest, task, 0, 'a\ud83d')).body).toMatchObject({ length: 1 });
    expect((await write(rest, task, 1, '\ud83d\ude00\0b')).body).toMatchObject({ length: 5 });
    expect(code(await write(rest, task, 5, 'é'.repeat(140_000)))).toBe('PAYLOAD_TOO_LARGE');
    expect(code(await rest('POST', at(task, 'done'), { attempt: 1, text: ' \u200b' }))).toBe('MESSAGE_EMPTY');
    const gap = await write(rest, task, 40, 'far');
    expect(gap).toMatchObject({ status: 409, body: { code: 'TEXT_MISSING', error: { data: { offset: 5 } } } });
    const short = await rest('POST', at(task, 'done'), { attempt: 1, length: 40 });
    expect(short).toMatchObject({ status: 409, body: { code: 'TEXT_MISSING', error: { data: { offset: 5 } } } });
    const { body } = await rest('POST', at(task, 'done'), { attempt: 1, length: 5 });
    expect(body).toMatchObject({ message: { content: 'a😀\ufffdb', status: 'complete' } });
    await ask('more than all of it');
    const long = await rest('POST', at((await next())!, 'done'), { attempt: 1, text: 'é'.repeat(140_000) });
    expect(long.body).toMatchObject({ message: { status: 'failed', error: { code: 'REPLY_TOO_LARGE' } } });
  });

  test('serves only its maker and their bots, in the rooms of its key, and only where the model is agent', async () => {
    const { ask, next, roomId, character } = await serve(world(), maker, 'mine');
    await ask('hello?');
    const strangers = restOf(world(), asker.accessToken);
    const call = (rest: Rest, wait = 0) => rest('POST', '/api/agents/mine/tasks', { wait });
    expect(code(await call(strangers))).toBe('FORBIDDEN');
    const { key: readOnly } = await maker.http.keys.create.mutate({ name: 'reader', scopes: ['rooms:read'] });
    expect(code(await call(restOf(world(), readOnly)))).toBe('FORBIDDEN');
    expect(code(await restOf(world(), maker.accessToken)('POST', '/api/agents/nobody-here/tasks', {}))).toBe('CHARACTER_NOT_FOUND');
    // A key for another room is given nothing of this one.
    const { id: other } = await maker.http.rooms.create.mutate({ name: 'Elsewhere' });
    const limited = await maker.http.keys.create.mutate({ name: 'limited', scopes: ['agents:serve'], rooms: [other] });
    expect(taskIn(await call(restOf(world(), limited.key)))).toBeNull();
    await maker.http.bots.create.mutate({ username: 'olgas-bot' });
    const bot = await maker.http.keys.create.mutate({ name: 'bot', scopes: ['agents:serve'], bot: 'olgas-bot' });
    const task = taskIn(await call(restOf(world(), bot.key)))!;
    expect(task.roomId).toBe(roomId);
    expect(code(await write(restOf(world(), limited.key), task, 0, 'x'))).toBe('TASK_NOT_FOUND');
    // Also once another key of the account has written to it.
    expect((await write(restOf(world(), maker.accessToken), task, 0, 'H')).status).toBe(200);
    expect(code(await write(restOf(world(), limited.key), task, 1, 'x'))).toBe('TASK_NOT_FOUND');
    expect(code(await write(strangers, task, 0, 'x'))).toBe('FORBIDDEN');
    // The model stays while an answer is under way.
    const { characters } = maker.http;
    await expect(characters.update.mutate({ characterId: character.id, model: null })).rejects.toMatchObject({
      data: { appCode: 'REPLY_IN_PROGRESS', field: 'model' },
    });
    await restOf(world(), bot.key)('POST', at(task, 'done'), { attempt: 1, text: 'Hello.' });
    expect((await characters.update.mutate({ characterId: character.id, model: null })).character.model).toBeNull();
    expect(code(await call(restOf(world(), maker.accessToken)))).toBe('VALIDATION');
    await characters.update.mutate({ characterId: character.id, model: 'agent' });
    expect(await next()).toBeNull();
  });

  test('a key that is revoked waits no longer', async () => {
    const { key, next } = await serve(world(), maker, 'revoked');
    const waiting = restOf(world(), key)('POST', '/api/agents/revoked/tasks', { wait: 30_000 });
    const listed = await maker.http.keys.list.query();
    for (const { id, name } of listed) if (name === 'agent') await maker.http.keys.revoke.mutate({ keyId: id });
    expect((await waiting).status).toBe(401);
    void next;
  });

  test('the server’s own assistant is served by its admins, private answers too', async () => {
    const listed = await maker.http.characters.list.query();
    const { id: characterId } = listed.find(({ character }) => character.handle === 'ada')!.character;
    const lobby = (await asker.http.rooms.list.query()).find(({ room }) => room.name === 'Lobby')!.room;
    expect(code(await restOf(world(), asker.accessToken)('POST', '/api/agents/ada/tasks', {}))).toBe('FORBIDDEN');
    // Answers of other tests may wait for a worker, whom this world has not.
    await world().core.db.job.updateMany({ where: { characterId }, data: { state: 'done' } });
    await maker.http.characters.update.mutate({ characterId, model: 'agent' });
    try {
      const sent = await asker.http.messages.send.mutate({ roomId: lobby.id, clientId: randomUUID(), content: '/summary private' });
      const told: string[] = [];
      await world().bus.subscribe(channels.user(asker.id), (notice) => {
        if (notice.type === 'inbox' && notice.event.type === 'privateReply')
          told.push(`${notice.event.reply.status}:${notice.event.reply.content}`);
      });
      const rest = restOf(world(), maker.accessToken);
      const task = taskIn(await rest('POST', '/api/agents/ada/tasks', {}))!;
      expect(task).toMatchObject({ taskId: sent.privateReply!.id, private: true, trigger: { kind: 'summary' } });
      await write(rest, task, 0, 'Nothing ');
      await write(rest, task, 8, 'happened.');
      await expect.poll(() => told).toContain('streaming:Nothing happened.');
      const { body } = await rest('POST', at(task, 'done'), { attempt: 1 });
      expect(body).toMatchObject({ message: { id: task.taskId, status: 'complete', content: 'Nothing happened.' } });
      await expect.poll(() => told.at(-1)).toBe('complete:Nothing happened.');
    } finally {
      await maker.http.characters.update.mutate({ characterId, model: null });
    }
  });
});

test('an agent that dies is taken over, its late writes are refused, and there is one answer', async () => {
  await using world = await createTestApi({ AGENT_LEASE_MS: '300', AGENT_SWEEP_MS: '50' });
  const maker = await world.register('olga');
  const { ask, next, rest, get } = await serve(world, maker, 'mortal');
  const reply = await ask('hello?');
  const first = (await next())!;
  await write(rest, first, 0, 'I was about to');
  const second = (await next(30_000))!;
  expect(second).toMatchObject({ taskId: first.taskId, attempt: 2 });
  expect(code(await write(rest, first, 14, ' say'))).toBe('ATTEMPT_OVER');
  expect(code(await rest('POST', at(first, 'done'), { attempt: 1, text: 'Mine.' }))).toBe('ATTEMPT_OVER');
  await rest('POST', at(second, 'done'), { attempt: 2, text: 'Hello.' });
  expect(await get(reply.id)).toMatchObject({ status: 'complete', content: 'Hello.', attempt: 2 });
});

test('whoever waits is woken for an answer that another agent could not give', async () => {
  await using world = await createTestApi({ AGENT_SWEEP_MS: '3600000' });
  const maker = await world.register('olga');
  const { ask, next, rest } = await serve(world, maker, 'relay');
  await ask('hello?');
  const first = (await next())!;
  const waiting = next(30_000);
  await expect.poll(() => world.api.counts().sockets).toBe(1);
  await rest('POST', at(first, 'fail'), { attempt: 1, message: 'Not now.', retry: true });
  expect(await waiting).toMatchObject({ taskId: first.taskId, attempt: 2 });
});

test('while nobody serves the answer is queued, then it fails and says so', async () => {
  await using world = await createTestApi({ AGENT_WAIT_MS: '300', AGENT_SWEEP_MS: '50' });
  const maker = await world.register('olga');
  const { ask, get, next } = await serve(world, maker, 'absent');
  const reply = await ask('hello?');
  expect(reply.status).toBe('queued');
  await expect.poll(async () => (await get(reply.id)).error?.code, { timeout: 20_000 }).toBe('AGENT_AWAY');
  expect(await next()).toBeNull();
});

test('calls that wait are bounded per account, and hold up no other call of it', async () => {
  await using world = await createTestApi({ SOCKETS_PER_ACCOUNT: '3', CALLS_PER_PERSON: '1' });
  const maker = await world.register('olga');
  const { next, rest, ask } = await serve(world, maker, 'many');
  const waiting = [next(30_000), next(30_000), next(30_000)];
  await expect.poll(() => world.api.counts().sockets).toBe(3);
  expect(code(await rest('POST', '/api/agents/many/tasks', { wait: 30_000 }))).toBe('RATE_LIMITED');
  expect(await next()).toBeNull();
  for (const question of ['one?', 'two?', 'three?']) await ask(question);
  expect(new Set((await Promise.all(waiting)).map((task) => task!.taskId)).size).toBe(3);
});

test('a stopping process ends the calls that wait, and takes no task for who has gone', async () => {
  await using world = await createTestApi();
  const maker = await world.register('olga');
  const { ask, next, key, get } = await serve(world, maker, 'moving');
  const gone = new AbortController();
  const left = fetch(`${world.api.url}/api/agents/moving/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ wait: 30_000 }),
    signal: gone.signal,
  }).catch(() => 'gone');
  await expect.poll(() => world.api.counts().sockets).toBe(1);
  gone.abort();
  await left;
  await expect.poll(() => world.api.counts().sockets).toBe(0);
  const reply = await ask('hello?');
  expect((await get(reply.id)).status).toBe('queued');
  expect((await next())?.taskId).toBe(reply.id);
  const waiting = next(30_000);
  await expect.poll(() => world.api.counts().sockets).toBe(1);
  await world.api.close();
  expect(await waiting).toBeNull();
});
