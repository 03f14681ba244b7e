import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rawCall } from '../testing/raw-call.js';
import { sharedApi } from '../testing/shared-api.js';

/** Calls until one is refused. @returns how many passed, and the refusal */
async function untilRefused(
  call: () => Promise<unknown>,
): Promise<{ passed: number; data: { appCode: string; httpStatus: number; retryAfterMs: number } }> {
  for (let passed = 0; passed < 100; passed++) {
    try {
      await call();
    } catch (error) {
      return { passed, data: (error as { data: never }).data };
    }
  }
  throw new Error('never refused');
}

export function limitsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`limits on ${kind}`, () => {
    const world = sharedApi(kind, {
      LIMIT_SEND_PER_10_S: '5',
      LIMIT_CHANGES_PER_10_S: '6',
      LIMIT_ROOMS_PER_HOUR: '3',
      LIMIT_AI_PER_MIN: '2',
      LIMIT_LOGIN_PER_MIN: '3',
      LIMIT_REGISTER_PER_10_MIN: '20',
    });
    const refused = (windowMs: number) => ({
      appCode: 'RATE_LIMITED',
      httpStatus: 429,
      retryAfterMs: expect.toSatisfy((ms: number) => ms > 0 && ms <= windowMs) as number,
    });

    test('sending, making rooms and calling the AI are limited for each person by themselves', async () => {
      const [ann, bob] = [await world().register('ann'), await world().register('bob')];
      const rooms = await untilRefused(() => ann.http.rooms.create.mutate({ name: 'One more' }));
      expect(rooms).toMatchObject({ passed: 3, data: refused(3_600_000) });
      const { id: roomId } = await bob.http.rooms.create.mutate({ name: 'Bob’s' });
      await ann.http.rooms.join.mutate({ roomId });
      const send = (user: typeof ann, content: string) => user.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
      expect(await untilRefused(() => send(ann, '/ask why?'))).toMatchObject({ passed: 2, data: refused(60_000) });
      // Each of those calls counted as a send too, the refused one included.
      expect(await untilRefused(() => send(ann, 'hello'))).toMatchObject({ passed: 2, data: refused(10_000) });
      await send(bob, 'not me');
    });

    test('whatever else one changes is limited together: reading on, pins, who is in a room', async () => {
      const eve = await world().register('eve');
      const { id: roomId } = await eve.http.rooms.create.mutate({ name: 'Eve’s' });
      const { message } = await eve.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'hello' });
      await eve.http.messages.pin.mutate({ messageId: message!.id, on: true });
      await eve.http.rooms.setMute.mutate({ roomId, muted: true });
      const seen = await untilRefused(() => eve.http.rooms.markRead.mutate({ roomId, seq: 1 }));
      expect(seen).toMatchObject({ passed: 4, data: refused(10_000) });
      await expect(eve.http.messages.delete.mutate({ messageId: message!.id })).rejects.toMatchObject({ data: refused(10_000) });
      // Reads still pass. Calls that were invalid, or by unknown callers, have not counted.
      await eve.http.messages.list.query({ roomId });
      const fay = await world().register('fay');
      for (let i = 0; i < 7; i++) {
        await expect(fay.http.rooms.join.mutate({ roomId: 'nowhere' })).rejects.toMatchObject({ data: { appCode: 'VALIDATION' } });
        await expect(world().anonymous.rooms.join.mutate({ roomId })).rejects.toMatchObject({ data: { appCode: 'UNAUTHENTICATED' } });
      }
      await fay.http.rooms.join.mutate({ roomId });
    });

    test('one person is put into few rooms by another, whoever else is', async () => {
      const [ida, jon, kai] = [await world().register('ida'), await world().register('jon'), await world().register('kai')];
      const rooms = [await ida.http.rooms.create.mutate({ name: 'One' }), await ida.http.rooms.create.mutate({ name: 'Two' })];
      const [one, two] = rooms.map(({ id }) => id) as [string, string];
      await ida.http.rooms.addMember.mutate({ roomId: one, username: 'jon' });
      await expect(ida.http.rooms.addMember.mutate({ roomId: two, username: 'JON' })).rejects.toMatchObject({ data: refused(86_400_000) });
      await ida.http.rooms.addMember.mutate({ roomId: two, username: 'kai' });
      // Others still may.
      await kai.http.rooms.addMember.mutate({ roomId: two, username: 'jon' });
      expect((await jon.http.rooms.list.query({ scope: 'joined' })).map(({ room }) => room.name)).toEqual(
        expect.arrayContaining(['One', 'Two']),
      );
    });

    test('who comes and goes is limited, by the hour and apart from making rooms, and leaves one line', async () => {
      const [gus, hal] = [await world().register('gus'), await world().register('hal')];
      const { id: roomId } = await gus.http.rooms.create.mutate({ name: 'Gus’s' });
      let inside = false;
      const comeOrGo = async () => {
        await (inside ? hal.http.rooms.leave : hal.http.rooms.join).mutate({ roomId });
        inside = !inside;
      };
      expect(await untilRefused(comeOrGo)).toMatchObject({ passed: 3, data: refused(3_600_000) });
      await hal.http.rooms.create.mutate({ name: 'Hal’s' });
      const { items } = await gus.http.messages.list.query({ roomId });
      expect(items.map(({ content }) => content)).toEqual(['hal joined.']);
    });

    test('a mention counts as a call to the AI: the message beyond the limit is posted, and its reply says why there is none', async () => {
      const [cy, dee] = [await world().register('cy'), await world().register('dee')];
      const { id: roomId } = await cy.http.rooms.create.mutate({ name: 'Cy’s' });
      await dee.http.rooms.join.mutate({ roomId });
      const send = (user: typeof cy, content: string, clientId: string = randomUUID()) =>
        user.http.messages.send.mutate({ roomId, clientId, content });
      const asked = randomUUID();
      await send(cy, '/ask why?', asked);
      expect(await send(cy, 'and you, @ada?')).toMatchObject({ replies: [{ status: 'queued' }] });
      expect(await send(cy, 'really, @ada?')).toMatchObject({
        message: { content: 'really, @ada?' },
        replies: [{ status: 'failed', error: { code: 'AI_RATE_LIMITED' } }],
      });
      // A repeat of an earlier call is answered although the limit is used up.
      expect(await send(cy, '/ask why?', asked)).toMatchObject({
        message: { content: '/ask why?' },
        replies: [{ reply: { trigger: { kind: 'ask' } } }],
      });
      expect(await send(dee, '@ada, what was that?')).toMatchObject({ replies: [{ status: 'queued' }] });
    });

    test('guessing a password is limited for the name and the address, whoever guesses; the right one starts anew', async () => {
      await world().register('victim');
      const login = (password: string, username = 'victim') => world().anonymous.auth.login.mutate({ username, password });
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 2; i++) await expect(login('a wrong one')).rejects.toMatchObject({ data: { appCode: 'INVALID_CREDENTIALS' } });
        await login('password of victim');
      }
      for (let i = 0; i < 3; i++) await expect(login('a wrong one')).rejects.toMatchObject({ data: { appCode: 'INVALID_CREDENTIALS' } });
      await expect(login('password of victim', ' VICTIM ')).rejects.toMatchObject({ data: refused(60_000) });
      // Nor does it help to be signed in as someone else.
      const guesser = await world().register('guesser');
      await expect(guesser.http.auth.login.mutate({ username: 'victim', password: 'a wrong one' })).rejects.toMatchObject({
        data: refused(60_000),
      });
    });

    test('registering is limited for each address', async () => {
      const { data } = await untilRefused(() => world().register(`crowd-${randomUUID().slice(0, 8)}`));
      expect(data).toMatchObject(refused(600_000));
      const answer = await rawCall(world().api.url, 'mutation', 'auth.register', {
        input: { username: 'late', password: 'a good password' },
      });
      expect(answer.status).toBe(429);
      expect(answer.error?.message).toMatch(/wait/i);
      expect(Number(answer.headers.get('retry-after'))).toBe(Math.ceil(answer.error!.data.retryAfterMs! / 1_000));
    });
  });

  describe(`wrong passwords from elsewhere on ${kind}`, () => {
    const world = sharedApi(kind, { TRUST_PROXY: 'true', REGISTRATION: 'open', LIMIT_LOGIN_PER_MIN: '3' });
    const login = (username: string, password: string, from: string) =>
      rawCall(world().api.url, 'mutation', 'auth.login', { input: { username, password }, headers: { 'x-forwarded-for': from } });
    const guess = async (username: string, from: string) => {
      for (let i = 0; i < 3; i++) expect((await login(username, 'a wrong one', from)).status).toBe(401);
      expect((await login(username, 'a wrong one', from)).status).toBe(429);
    };

    test('lock out the address that they come from, and not who owns the name', async () => {
      await world().register('owner');
      await guess('owner', '192.0.2.66');
      expect((await login('owner', 'password of owner', '192.0.2.66')).status).toBe(429);
      expect((await login('owner', 'password of owner', '198.51.100.7')).status).toBe(200);
      // Nor does the owner's success give anything back to who guesses.
      expect((await login('owner', 'password of owner', '192.0.2.66')).status).toBe(429);
    });

    test('from many addresses slow the right one down, and do not refuse it', async () => {
      await world().register('besieged');
      for (let i = 1; i <= 5; i++) await guess('besieged', `203.0.113.${i}`);
      expect((await login('besieged', 'password of besieged', '198.51.100.7')).status).toBe(200);
    });

    test('hinder nobody who is signed in from changing the password, or leaving', async () => {
      const bob = await world().register('bob');
      for (let i = 1; i <= 3; i++) await guess('bob', `203.0.113.${i}`);
      await bob.http.auth.changePassword.mutate({ currentPassword: 'password of bob', newPassword: 'eleven grey owls' });
      expect(await bob.http.users.removeAccount.mutate({ password: 'eleven grey owls' })).toEqual({ ok: true });
    });

    test('are limited for who is signed in too, and the right one starts anew', async () => {
      const eve = await world().register('eve');
      const change = (currentPassword: string) => eve.http.auth.changePassword.mutate({ currentPassword, newPassword: 'password of eve' });
      for (let i = 0; i < 2; i++) await expect(change('a guess')).rejects.toMatchObject({ data: { appCode: 'INVALID_CREDENTIALS' } });
      await change('password of eve');
      for (let i = 0; i < 3; i++) await expect(change('a guess')).rejects.toMatchObject({ data: { appCode: 'INVALID_CREDENTIALS' } });
      await expect(change('password of eve')).rejects.toMatchObject({ data: { appCode: 'RATE_LIMITED' } });
      await expect(eve.http.users.removeAccount.mutate({ password: 'password of eve' })).rejects.toMatchObject({
        data: { appCode: 'RATE_LIMITED' },
      });
      // Signing in is another matter.
      expect((await login('eve', 'password of eve', '198.51.100.7')).status).toBe(200);
    });
  });
}
