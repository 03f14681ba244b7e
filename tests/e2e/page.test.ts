import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { gate, words } from './model-server/index.js';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ apis: 2, workers: 1 });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test('two people on different APIs talk in a room, and watch the same answer arrive word by word', async () => {
  const [here, there] = cluster.apis;
  await using yuki = await openBrowser();
  await using bo = await openBrowser({ width: 390, height: 844, colorScheme: 'dark' });
  await createAccount(yuki.page, here!.url, 'yuki');
  await createAccount(bo.page, there!.url, 'bo');
  const log = (page: typeof yuki.page) => page.getByRole('log', { name: 'Messages' });

  await yuki.page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  await bo.page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  await bo.page.getByRole('textbox', { name: 'Message' }).fill('Migration is **green** on staging. I would ship Friday.');
  await bo.page.getByRole('button', { name: 'Send' }).click();
  await log(yuki.page).getByText('I would ship Friday.').waitFor();
  expect(await log(yuki.page).locator('strong').first().textContent()).toBe('green');

  const door = gate();
  cluster.model.script(() => ({
    steps: (async function* () {
      yield* words('The plan is to ship on Friday, ');
      yield { until: door.opened };
      yield* words('if the migration stays green.');
    })(),
  }));
  await yuki.page.getByRole('textbox', { name: 'Message' }).fill('/ask what is the plan?');
  await yuki.page.getByRole('button', { name: 'Send' }).click();
  for (const { page } of [yuki, bo]) {
    await log(page).getByText('The plan is to ship on Friday,').waitFor();
    expect(await log(page).getByText('stays green').count()).toBe(0);
  }
  await yuki.page.getByRole('button', { name: 'Stop' }).waitFor();
  door.open();
  for (const { page } of [yuki, bo]) await log(page).getByText('The plan is to ship on Friday, if the migration stays green.').waitFor();
  // Its whole text is there a moment before its end.
  await expect.poll(() => yuki.page.getByRole('button', { name: 'Stop' }).count()).toBe(0);

  // The same after a reload: signed in by the cookie, the room as it was.
  await bo.page.reload();
  await log(bo.page).getByText('The plan is to ship on Friday, if the migration stays green.').waitFor();
  expect([...yuki.errors, ...bo.errors].filter((text) => !/401/.test(text))).toEqual([]);
});

test('an unknown command is not posted, and its sender is told the nearest', async () => {
  await using ann = await openBrowser();
  await createAccount(ann.page, cluster.apis[0]!.url, 'ann');
  await ann.page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  await ann.page.getByRole('textbox', { name: 'Message' }).fill('/sumary');
  await ann.page.keyboard.press('Escape');
  await ann.page.getByRole('button', { name: 'Send' }).click();
  await ann.page
    .getByText(/\/summary/)
    .first()
    .waitFor();
  const stored = await cluster.servers.database.db.message.count({ where: { content: '/sumary' } });
  expect(stored).toBe(0);
});

test('who is on the way to a screen, whose code is slow to come, is not called back to a room', async () => {
  await using cy = await openBrowser();
  const { page } = cy;
  const [rooms, code] = [gate(), gate()];
  await page.routeWebSocket(/\/trpc/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => void rooms.opened.then(() => socket.send(message)));
  });
  await page.route(/\/assets\/characters-.*\.js/, async (route) => {
    await code.opened;
    await route.continue();
  });
  await createAccount(page, cluster.apis[0]!.url, 'cy');
  const nav = page.getByRole('navigation', { name: 'Rooms' });
  await nav.getByRole('link', { name: 'Characters' }).click();
  rooms.open();
  await nav.getByText('Lobby').waitFor();
  code.open();
  await page.getByRole('button', { name: 'New character' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/characters');
  // Going back to `/` opens the room all the same.
  await page.evaluate(() => history.back());
  await page.getByRole('log', { name: 'Messages' }).waitFor();
});

test('a password that is easy to guess is refused at its field, for a new account and for an old one', async () => {
  await using gus = await openBrowser();
  const { page } = gus;
  await page.goto(cluster.apis[0]!.url);
  await page.getByLabel('Username').fill('gus');
  for (const weak of ['12345678', 'Passw0rd!', '        ']) {
    await page.getByLabel('Password').fill(weak);
    await page.getByRole('button', { name: 'Create account' }).click();
    const said = weak.trim() === '' ? /only spaces/ : /easy to guess/;
    await expect.poll(() => page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => page.getByText(said).count()).toBe(1);
  }
  expect(await page.getByRole('alert').count()).toBe(0);
  await page.getByLabel('Password').fill('password of gus');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor();

  await page.goto(`${cluster.apis[0]!.url}/settings`);
  const change = async (current: string, next: string) => {
    await page.getByLabel('Current password').fill(current);
    await page.getByLabel('New password').fill(next);
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('not the password', 'eleven grey owls');
  await expect.poll(() => page.getByLabel('Current password').getAttribute('aria-invalid')).toBe('true');
  await change('password of gus', 'qwertyuiop');
  await expect.poll(() => page.getByLabel('New password').getAttribute('aria-invalid')).toBe('true');
  expect(await page.getByLabel('Current password').getAttribute('aria-invalid')).toBeNull();
  await page.getByText(/easy to guess/).waitFor();
  await change('password of gus', 'eleven grey owls');
  await page.getByText('Changed.').waitFor();
});
