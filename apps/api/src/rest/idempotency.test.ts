import { Prisma } from '@parley/db';
import { beforeAll, describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';
import type { TestUser } from '../testing/test-api.js';
import { Vault } from '@parley/core/sessions/vault';
import { restOf } from '../testing/rest-of.js';

describe('Idempotency-Key', () => {
  const world = sharedApi('pglite');
  let olga: TestUser;
  let rest: ReturnType<typeof restOf>;
  let roomId: string;
  beforeAll(async () => {
    olga = await world().register('olga');
    rest = restOf(world(), olga.accessToken);
    roomId = (await olga.http.rooms.create.mutate({ name: 'Harbour' })).id;
  });
  const keyed = (key: string) => ({ 'idempotency-key': key });
  const roomsNamed = async (name: string) => (await olga.http.rooms.list.query()).filter(({ room }) => room.name === name).length;

  test('a message that is sent again with its key is the same message, and another text is refused', async () => {
    const path = `/api/rooms/${roomId}/messages`;
    const sent = await Promise.all(Array.from({ length: 5 }, () => rest('POST', path, { content: 'once' }, keyed('k-send'))));
    expect(new Set(sent.map(({ body }) => (body as { message: { id: string } }).message.id)).size).toBe(1);
    expect(sent.map(({ status }) => status)).toEqual(Array(5).fill(201));
    expect(await rest('POST', path, { content: 'another' }, keyed('k-send'))).toMatchObject({
      status: 409,
      body: { code: 'CLIENT_ID_REUSED' },
    });
    const mia = await world().register('mia');
    await mia.http.rooms.join.mutate({ roomId });
    const hers = await restOf(world(), mia.accessToken)('POST', path, { content: 'once' }, keyed('k-send'));
    expect(hers).toMatchObject({ status: 201, body: { message: { author: { name: 'mia' } } } });
  });

  test('a clientId works too, but not beside a key', async () => {
    const path = `/api/rooms/${roomId}/messages`;
    const message = { content: 'by its id', clientId: '0198c0de-7a11-7000-8000-00000000002a' };
    const [first, again] = [await rest('POST', path, message), await rest('POST', path, message)];
    expect(again.body).toEqual(first.body);
    expect(await rest('POST', path, message, keyed('k-both'))).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
  });

  test('of many requests at once with one key one is done, and all get its answer, later ones too', async () => {
    const make = (body: object = { name: 'Once', topic: 'T' }) => rest('POST', '/api/rooms', body, keyed('k-room'));
    const answers = await Promise.all(Array.from({ length: 6 }, () => make()));
    answers.push(await make({ topic: 'T', name: 'Once' }));
    for (const { status, body } of answers) expect([status, body]).toEqual([201, answers[0]!.body]);
    expect(await roomsNamed('Once')).toBe(1);
    expect(await make({ name: 'Twice' })).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await rest('POST', '/api/characters', { handle: 'a-k', name: 'A', systemPrompt: '' }, keyed('k-room'))).toMatchObject({
      status: 422,
    });
    expect(await roomsNamed('Twice')).toBe(0);
  });

  test('keys are a person’s own, and those of a key of theirs its own', async () => {
    const noah = await world().register('noah');
    const make = (token: string) => restOf(world(), token)('POST', '/api/rooms', { name: 'Own' }, keyed('k-own'));
    const { key } = await olga.http.keys.create.mutate({ name: 'script', scopes: ['rooms:write'] });
    const ids = [];
    for (const token of [olga.accessToken, noah.accessToken, key]) ids.push(((await make(token)).body as { id: string }).id);
    expect(new Set(ids).size).toBe(3);
  });

  test('what was refused is not kept: the request is judged anew', async () => {
    const make = (body: object) => rest('POST', '/api/characters', body, keyed('k-refused'));
    const taken = { handle: 'olga', name: 'Olga', systemPrompt: '' };
    expect(await make(taken)).toMatchObject({ status: 409, body: { code: 'USERNAME_TAKEN' } });
    expect(await make({ ...taken, colour: 'red' })).toMatchObject({ status: 400 });
    expect(await make({ ...taken, handle: 'free-again' })).toMatchObject({ status: 201 });
  });

  test('a made key is answered again, and stands nowhere in the database', async () => {
    const make = () => rest('POST', '/api/keys', { name: 'kept', scopes: ['rooms:read'] }, keyed('k-key'));
    const [first, again] = [await make(), await make()];
    expect(again.body).toEqual(first.body);
    const rows = await world().core.db.$queryRaw<{ answer: string | null }[]>(Prisma.sql`
      select encode(answer, 'escape') as answer from kept_answers`);
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain((first.body as { key: string }).key.slice(0, 20));
  });

  test('a request whose process died is not done twice where that would show, and says so; where it does no harm it is done', async () => {
    const { db } = world().core;
    const died = Prisma.sql`update kept_answers set status = null, answer = null, claimed_at = now() - interval '2 minutes'`;
    const make = () => rest('POST', '/api/rooms', { name: 'Perhaps' }, keyed('k-died'));
    expect((await make()).status).toBe(201);
    await db.$executeRaw(died);
    expect(await make()).toMatchObject({ status: 409, body: { code: 'OUTCOME_UNKNOWN' } });
    expect(await roomsNamed('Perhaps')).toBe(1);
    const join = () => rest('POST', `/api/rooms/${roomId}/join`, undefined, keyed('k-join'));
    const joined = await join();
    await db.$executeRaw(died);
    expect([(await join()).status, (await join()).body]).toEqual([200, joined.body]);
  });

  test.each(['', ' ', 'x'.repeat(256)])('a key of a wrong length is refused: %j', async (key) => {
    expect(await rest('POST', '/api/rooms', { name: 'A' }, keyed(key))).toMatchObject({ status: 400, body: { code: 'VALIDATION' } });
  });
});

test('a sealed answer opens with its secret and for its id alone', () => {
  const vault = new Vault('a secret of at least so many bytes', 'kept answers');
  const sealed = vault.seal('one', 'text with ü');
  expect(vault.open('one', sealed)).toBe('text with ü');
  expect(vault.open('two', sealed)).toBeNull();
  expect(new Vault('another secret', 'kept answers').open('one', sealed)).toBeNull();
  expect(new Vault('a secret of at least so many bytes', 'second steps').open('one', sealed)).toBeNull();
});
