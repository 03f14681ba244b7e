import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { anonymous, register } from './harness/person.js';
import { startProcess } from './harness/processes.js';

let cluster: Cluster;

beforeAll(async () => {
  // Sweep so rarely that only the bus can bring the news.
  cluster = await startCluster({ apis: 2, workers: 0, variables: { SESSION_SWEEP_MS: '600000', REGISTRATION: 'open' } });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** `npm run admin -- …` */
async function admin(...args: string[]): Promise<{ code: number | null; said: string }> {
  const { DATABASE_URL, NATS_URL, PARLEY_ENV } = cluster.servers.variables as Record<string, string>;
  const running = startProcess('admin', { DATABASE_URL: DATABASE_URL!, NATS_URL: NATS_URL!, PARLEY_ENV: PARLEY_ENV! }, { args });
  const { code } = await running.exited;
  return { code, said: running.output() };
}

test('an operator shuts a person out of every running instance, and lets them in again', async () => {
  const [here, there] = cluster.apis;
  await using first = await register(here!.url, 'first');
  await using victim = await register(there!.url, 'victim');
  await victim.socket.auth.me.query();

  expect(await admin('--disable', 'victim')).toEqual({ code: 0, said: 'victim is signed out and disabled.\n' });
  await victim.closes.until((codes) => codes.includes(4500));
  const signIn = () => anonymous(here!.url).auth.login.mutate({ username: 'victim', password: 'password of victim' });
  await expect(signIn()).rejects.toMatchObject({ data: { appCode: 'ACCOUNT_DISABLED' } });
  await expect(first.http.auth.me.query()).resolves.toMatchObject({ username: 'first' });

  expect(await admin('--enable', 'victim')).toEqual({ code: 0, said: 'victim may sign in again.\n' });
  await expect(signIn()).resolves.toMatchObject({ user: { username: 'victim' } });
});

/** What the log of a process says of this event, without its time and its process. */
function logged(output: string, event: string): Record<string, unknown>[] {
  const lines = output.split('\n').filter((line) => line.includes(`"event":"${event}"`));
  return lines.map((line) =>
    Object.fromEntries(Object.entries(JSON.parse(line) as object).filter(([name]) => !['level', 'time'].includes(name))),
  );
}

test('the log of a process names who was refused what, by the id that the answer has', async () => {
  const [here] = cluster.apis;
  await using nosy = await register(here!.url, 'nosy');
  const { correlationId } = await nosy.socket.users.disable.mutate({ username: 'first' }).then(
    () => Promise.reject(new Error('it was allowed')),
    (error: { data: { correlationId: string } }) => error.data,
  );
  const password = 'neither this nor anything like it';
  await expect(anonymous(here!.url).auth.login.mutate({ username: 'nosy', password })).rejects.toThrow();
  const process = { app: 'api', instanceId: expect.any(String) as string };
  const named = { ...process, address: '127.0.0.1', userId: nosy.id };
  await expect
    .poll(() => logged(here!.output(), 'refused'))
    .toContainEqual({ ...named, event: 'refused', operation: 'users.disable', code: 'FORBIDDEN', correlationId, msg: 'refused' });
  await expect
    .poll(() => logged(here!.output(), 'sign-in failed'))
    .toContainEqual({
      ...named,
      event: 'sign-in failed',
      username: 'nosy',
      operation: 'auth.login',
      code: 'INVALID_CREDENTIALS',
      correlationId: expect.any(String) as string,
      msg: 'sign-in failed',
    });
  expect(here!.output()).not.toContain(password);
});

test('an operator makes a person an admin, who then may what admins may', async () => {
  const [here] = cluster.apis;
  await using plain = await register(here!.url, 'plain');
  await expect(plain.http.users.enable.mutate({ username: 'first' })).rejects.toMatchObject({ data: { appCode: 'FORBIDDEN' } });
  expect(await admin('plain')).toEqual({ code: 0, said: 'plain is an admin now.\n' });
  await expect
    .poll(() =>
      plain.http.users.enable.mutate({ username: 'first' }).then(
        () => 'allowed',
        () => 'refused',
      ),
    )
    .toBe('allowed');
});

test('a command that is not understood does nothing, least of all what its first word alone would mean', async () => {
  const [here] = cluster.apis;
  await using careful = await register(here!.url, 'careful');
  for (const args of [
    ['careful', '--disable'],
    ['careful', 'first'],
    ['--disable', 'careful', 'first'],
    ['--disable', '--enable'],
    ['--invite', 'careful'],
  ]) {
    expect([args, await admin(...args)]).toEqual([args, { code: 1, said: expect.stringMatching(/^usage: /m) as string }]);
  }
  await expect(careful.http.auth.me.query()).resolves.toMatchObject({ role: 'user' });
});

test('an admin does the same in the page, and nobody else is offered it', async () => {
  const [here] = cluster.apis;
  await using noisy = await register(here!.url, 'noisy');
  await noisy.socket.auth.me.query();
  await using browser = await openBrowser();
  const { page } = browser;
  const openSettings = async (username: string) => {
    await page.goto(`${here!.url}/settings`);
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(`password of ${username}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Password' }).waitFor();
  };

  await openSettings('noisy');
  expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
  await page.goto(`${here!.url}/admin/people`);
  await page.getByText('This is for admins of the server').waitFor();
  await browser.context.clearCookies();

  await openSettings('first');
  await page.getByRole('link', { name: 'Administration' }).click();
  await page.getByLabel('Find people').fill('@noisy');
  await page.getByRole('button', { name: 'Disable noisy' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await noisy.closes.until((codes) => codes.includes(4500));
  await page.getByRole('button', { name: 'Enable noisy' }).click();
  await page.getByRole('button', { name: 'Disable noisy' }).waitFor();
  // Nobody shuts themselves out.
  await page.getByLabel('Find people').fill('@first');
  await page
    .getByRole('button', { name: 'Usage of first' })
    .or(page.getByRole('link', { name: 'Usage of first' }))
    .waitFor();
  expect(await page.getByRole('button', { name: /^(Disable|Make|Sign) first/ }).count()).toBe(0);

  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByLabel('Announcement').fill('Tea at four.');
  await page.getByRole('button', { name: 'Save announcement' }).click();
  await page.getByText(/^Told to everyone.*Set by @first/).waitFor();

  await page.getByRole('link', { name: 'Rooms', exact: true }).click();
  await page.getByLabel('Find rooms').fill('Lobby');
  await page.getByRole('list', { name: 'Rooms', exact: true }).getByText('Lobby').waitFor();

  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByLabel('Done by').fill('@first');
  await page.getByText(/@first enabled an account: noisy/).waitFor();
  await page.getByText(/@first changed a setting: announcement/).waitFor();
});

test('what the command cannot do it says, and ends with 1', async () => {
  expect(await admin('--disable', 'nobody')).toEqual({ code: 1, said: 'There is no account named “nobody”.\n' });
  expect(await admin('nobody')).toEqual({ code: 1, said: 'There is no account named “nobody”.\n' });
  for (const args of [[], ['--disable'], ['--enable'], ['--unknown']])
    expect(await admin(...args)).toMatchObject({ code: 1, said: expect.stringContaining('usage: npm run admin') as string });
  expect(await admin('--help')).toMatchObject({ code: 0 });
});
