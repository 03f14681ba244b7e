import { randomUUID } from 'node:crypto';
import {
  messagesSendOutput,
  operations,
  roomEventSchema,
  channels,
  type InboxEvent,
  type RoomEvent,
  type RoomEventType,
  type RoomView,
} from '@parley/contracts';
import { Prisma } from '@parley/db';
import { describe, expect, test } from 'vitest';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import { appRouter } from '../app-router.js';
import { createTestApi, type TestApi, type TestUser } from '../testing/test-api.js';
import { AnswerCheck, UndeclaredError } from './answer-check.js';
import { declaredOutputs } from './declared.js';
import { undeclared } from './undeclared.js';

const id = randomUUID();
const at = new Date(0).toISOString();
const avatar = { hue: 20, glyph: null };
const room: RoomView = {
  id,
  name: 'Harbour',
  topic: '',
  visibility: 'public',
  memberCount: 1,
  archivedAt: null,
  createdAt: at,
  rev: 3,
};
const delta = { messageId: id, attempt: 1, offset: 0, text: 'tea' };

describe('what is declared', () => {
  test('every procedure declares its output', () => {
    const outputs = declaredOutputs(appRouter);
    expect([...outputs.keys()].toSorted()).toEqual(Object.keys(appRouter._def.procedures).toSorted());
    expect(Object.keys(operations)).toEqual(expect.arrayContaining([...outputs.keys()]));
  });

  test('a declaration adds nothing to the way of an answer: tRPC has no parser of outputs to call', () => {
    const procedures = Object.values(appRouter._def.procedures) as unknown as { _def: { middlewares: { _type?: string }[] } }[];
    const steps = procedures.flatMap(({ _def }) => _def.middlewares);
    expect(steps.map(({ _type }) => _type)).toContain('input');
    expect(steps.map(({ _type }) => _type)).not.toContain('output');
  });

  const check = new AnswerCheck(new Map([['messages.send', messagesSendOutput]]));
  const { offset: _, ...snapshot } = delta;
  const events: Record<Exclude<RoomEventType, 'message'>, RoomEvent> = {
    hello: { type: 'hello', rev: 3, seq: 1, replies: [snapshot] },
    room: { type: 'room', rev: 3, room },
    member: {
      type: 'member',
      rev: 3,
      member: { user: { id, username: 'ann', displayName: 'Ann', avatar }, role: 'member', joinedAt: at, rev: 3 },
      left: true,
    },
    character: {
      type: 'character',
      rev: 3,
      character: {
        character: { id, handle: 'ada', name: 'Ada', tagline: '', avatar, model: null },
        autoReply: 'mention',
        joinedAt: at,
        rev: 3,
      },
      left: false,
    },
    delta: { type: 'delta', ...delta },
    snapshot: { type: 'snapshot', ...snapshot },
    thought: { type: 'thought', ...delta },
    presence: { type: 'presence', online: [id] },
    typing: { type: 'typing', userIds: [id] },
    queue: {
      type: 'queue',
      replies: [{ messageId: id, character: { id, name: 'Ada' }, askedBy: { id, name: 'Ann' }, writing: true }],
      count: 1,
    },
    resync: { type: 'resync', rev: 3 },
  };

  test.each(Object.entries(events))('an event of type %s passes, and with one key more it does not', (_type, event) => {
    check.roomEvent(event);
    expect(() => check.roomEvent(Object.assign({ secret: 1 }, event))).toThrow(UndeclaredError);
  });

  test('the place of what is undeclared is named, however deep it is and whatever the union', () => {
    expect(undeclared(roomEventSchema, { ...events.room, room: { ...room, keys: ['a'] } })).toBe('room.keys: not declared');
    expect(undeclared(roomEventSchema, { ...events.room, room: { ...room, createdAt: new Date(0) } })).toMatch(/^room\.createdAt: /);
    expect(() => check.answer('messages.send', { message: null, replies: [], privateReply: { id } })).toThrow(/privateReply\.roomId/);
    expect(() => check.answer('rooms.secrets', {})).toThrow('rooms.secrets declares no output');
  });
});

/** Puts a field that no schema declares into this person's row. */
async function leak({ database }: TestApi, user: TestUser): Promise<void> {
  await database.db.$executeRaw(Prisma.sql`update users set avatar = avatar::jsonb || '{"secret": 1}'::jsonb where id = ${user.id}::uuid`);
}

describe('where answers are checked, nothing undeclared leaves', () => {
  test('an answer: the call fails, and the log names the procedure and the place', async () => {
    await using api = await createTestApi();
    const ann = await api.register('ann');
    await leak(api, ann);
    await expect(ann.http.auth.me.query()).rejects.toMatchObject({ data: { appCode: 'INTERNAL' } });
    expect(api.logged.join('')).toContain('the answer of auth.me is not as declared: avatar.secret: not declared');
  });

  test('a line of a file: it is not sent', async () => {
    await using api = await createTestApi();
    const ann = await api.register('ann');
    const { id: roomId } = await ann.http.rooms.create.mutate({ name: 'Harbour' });
    await leak(api, ann);
    const headers = { authorization: `Bearer ${ann.accessToken}` };
    const file = await fetch(`${api.api.url}/api/rooms/${roomId}/export`, { headers }).then((response) => response.text(), String);
    expect(file).not.toContain('secret');
    expect(api.logged.join('')).toContain('members.0.user.avatar.secret: not declared');
  });

  test('an event of a room, and one of the inbox: the subscription ends with an error instead', async () => {
    await using api = await createTestApi();
    const ann = await api.register('ann');
    const { trpc } = api.socket(ann.accessToken);
    const view = await ann.http.rooms.create.mutate({ name: 'Harbour' });
    const { rev } = await ann.http.rooms.get.query({ roomId: view.id });
    const [told, refusals] = [new Collected<unknown>(), new Collected<unknown>()];
    const on = { onData: (event: unknown) => told.push(event), onError: (error: unknown) => refusals.push(error) };
    trpc.rooms.events.subscribe({ roomId: view.id }, on);
    trpc.inbox.events.subscribe({}, on);
    await told.until((events) => ['hello', 'snapshot'].every((type) => events.some((event) => JSON.stringify(event).includes(type))));

    const event = { type: 'room' as const, rev: rev + 1, room: { ...view, rev: rev + 1, secret: 1 } };
    api.bus.publish(channels.roomEvents(view.id), { events: [event] });
    const mention = { type: 'mention', roomId: view.id, messageId: randomUUID(), secret: 1 } as InboxEvent;
    api.bus.publish(channels.user(ann.id), { type: 'inbox', event: mention });
    await refusals.until((errors) => errors.length >= 2);
    expect(JSON.stringify(told.items)).not.toContain('secret');
    for (const what of ['a room event of type room', 'an inbox event of type mention']) expect(api.logged.join('')).toContain(what);
  });
});

test('where answers are not checked, they leave as they are', async () => {
  await using api = await createTestApi({ CHECK_ANSWERS: 'false' });
  const ann = await api.register('ann');
  await leak(api, ann);
  expect((await ann.http.auth.me.query()).avatar).toHaveProperty('secret');
});
