import { once } from 'node:events';
import { disableAccount } from '@parley/core/accounts/disable-account';
import { createInvite } from '@parley/core/accounts/create-invite';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createTestApi } from '../testing/test-api.js';

const address = '127.0.0.1';

async function createLoggedApi(variables: Record<string, string> = {}) {
  const world = await createTestApi(variables, 'pglite', { logLevel: 'info' });
  /** Takes the lines about security since the last time. Their text is the event, so it is left out. */
  const take = () =>
    world.logged
      .splice(0)
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .filter((line) => 'event' in line)
      .map((line) => {
        expect(line['msg']).toBe(line['event']);
        return Object.fromEntries(Object.entries(line).filter(([name]) => !['time', 'level', 'msg'].includes(name)));
      });
  return Object.assign(world, { take });
}

const refusal = (promise: Promise<unknown>): Promise<{ appCode: string; correlationId: string }> =>
  promise.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: { data: { appCode: string; correlationId: string } }) => error.data,
  );
const anyId = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

test('a sign-in that fails is logged with the account it tried, and never with what was typed', async () => {
  await using world = await createLoggedApi();
  const ann = await world.register('ann');
  world.take();
  const password = 'my secret password';
  const wrong = await refusal(world.anonymous.auth.login.mutate({ username: 'Ann', password }));
  const inCall = { address, operation: 'auth.login' };
  expect(world.take()).toEqual([
    {
      event: 'sign-in failed',
      ...inCall,
      code: 'INVALID_CREDENTIALS',
      userId: ann.id,
      username: 'ann',
      correlationId: wrong.correlationId,
    },
  ]);
  // Typed into the wrong field. Where that comes within the second, the stop writes the line.
  await refusal(world.anonymous.auth.login.mutate({ username: 'mysecretpassword', password }));
  await world.anonymous.auth.login.mutate({ username: 'ann', password: 'password of ann' });
  await world.api.close();
  const all = world.logged.join('');
  expect(world.take().toSorted((a, b) => String(a['event']).localeCompare(String(b['event'])))).toEqual([
    { event: 'sign-in failed', ...inCall, code: 'INVALID_CREDENTIALS', correlationId: anyId },
    { event: 'signed in', address, userId: ann.id, username: 'ann', correlationId: anyId },
  ]);
  expect(all).not.toMatch(/secret|password/);
});

test('what becomes of accounts and sessions is logged, with who did it and to whom', async () => {
  await using world = await createLoggedApi({ REGISTRATION: 'invite', PUBLIC_ORIGINS: 'https://chat.example.org' });
  const code = new URLSearchParams(new URL(world.api.setUpLink!).hash.slice(1)).get('invite')!;
  world.take();
  const register = (username: string, invite: string) =>
    world.anonymous.auth.register.mutate({ username, password: `password of ${username}`, invite });
  const boss = await register('boss', code);
  const person = { address, userId: boss.user.id, username: 'boss', correlationId: anyId };
  expect(world.take()).toEqual([
    { event: 'account made', ...person },
    { event: 'set-up link used', ...person },
    { event: 'admin made', ...person },
  ]);
  const invite = await createInvite(world.core);
  const ann = await register('ann', invite);
  expect(world.take()).toMatchObject([
    { event: 'invitation made' },
    { event: 'account made', username: 'ann' },
    { event: 'invitation used', username: 'ann', userId: ann.user.id },
  ]);

  const asAnn = world.as(ann.accessToken);
  await asAnn.auth.changePassword.mutate({ currentPassword: 'password of ann', newPassword: 'another password of hers' });
  await asAnn.auth.logout.mutate({ everywhere: false });
  const asBoss = world.as(boss.accessToken);
  await asBoss.users.disable.mutate({ username: 'ann' });
  await asBoss.users.enable.mutate({ username: 'ann' });
  await disableAccount(world.core, null, { username: 'ann' });
  await asBoss.auth.logout.mutate({ everywhere: true });
  const by = { address, correlationId: anyId, userId: boss.user.id };
  expect(world.take()).toEqual([
    { event: 'password changed', address, correlationId: anyId, userId: ann.user.id, username: 'ann' },
    { event: 'session ended', address, correlationId: anyId, userId: ann.user.id },
    { event: 'account disabled', ...by, username: 'ann' },
    { event: 'account enabled', ...by, username: 'ann' },
    { event: 'account disabled', username: 'ann' },
    { event: 'all sessions ended', ...by },
  ]);
});

test('a call over a socket has an id of its own, which its refusal and the log name', async () => {
  await using world = await createLoggedApi({ LIMIT_ROOMS_PER_HOUR: '1' });
  await world.register('boss');
  const ann = await world.register('ann');
  const { trpc } = world.socket(ann.accessToken);
  await trpc.rooms.create.mutate({ name: 'One' });
  world.take();
  const forbidden = await refusal(trpc.users.disable.mutate({ username: 'boss' }));
  const limited = await refusal(trpc.rooms.create.mutate({ name: 'Two' }));
  expect(forbidden.correlationId).not.toBe(limited.correlationId);
  const { id: userId } = ann;
  expect(world.take()).toEqual([
    { event: 'refused', address, userId, operation: 'users.disable', code: 'FORBIDDEN', correlationId: forbidden.correlationId },
    { event: 'limit hit', address, userId, operation: 'rooms.create', code: 'RATE_LIMITED', correlationId: limited.correlationId },
  ]);
  // A subscription is a call too, also where it is refused after it began.
  const errors = await Promise.all(
    [1, 2].map(() =>
      refusal(
        new Promise<void>((resolve, reject) => {
          trpc.rooms.events.subscribe(
            { roomId: '01890000-0000-7000-8000-000000000000' },
            { onError: (error) => reject(error as unknown as Error), onComplete: resolve },
          );
        }),
      ),
    ),
  );
  expect(new Set(errors.map(({ correlationId }) => correlationId)).size).toBe(2);
});

test('a refused origin, a wrong token for the metrics and a socket closed for abuse are logged', async () => {
  await using world = await createLoggedApi({ METRICS_TOKEN: 'the-right-token-for-metrics', SOCKET_CALLS_PER_10_S: '30' });
  const ann = await world.register('ann');
  world.take();
  const headers = { origin: 'https://evil.example' };
  expect((await fetch(`${world.api.url}/trpc/auth.me?token=secret`, { headers })).status).toBe(403);
  expect(world.take()).toEqual([
    { event: 'origin refused', address, operation: '/trpc/auth.me', code: 'FORBIDDEN_ORIGIN', correlationId: anyId },
  ]);
  expect((await fetch(`${world.api.url}/metrics`, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  expect(world.take()).toEqual([
    { event: 'operator refused', address, operation: '/metrics', code: 'UNAUTHENTICATED', correlationId: anyId },
  ]);

  const { ws, closed, trpc } = world.socket(ann.accessToken);
  await trpc.auth.me.query();
  for (let n = 0; n < 40; n++) ws.connection!.ws.send('PING');
  expect(await closed).toMatchObject({ code: 4501 });
  await expect
    .poll(() => world.take())
    .toContainEqual({ event: 'socket closed', address, operation: '/trpc', userId: ann.id, code: 'PROTOCOL_ABUSE', correlationId: anyId });

  const stranger = new WebSocket(`${world.api.url.replace('http', 'ws')}/trpc?connectionParams=1`);
  await once(stranger, 'open');
  stranger.send('{"password":"secret"}');
  await once(stranger, 'close');
  expect(world.take()).toContainEqual({
    event: 'socket closed',
    address,
    operation: '/trpc',
    code: 'WRONG_FIRST_FRAME',
    correlationId: anyId,
  });
});
