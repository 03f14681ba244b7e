import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { register } from './harness/person.js';
import { rowActions } from './harness/row-actions.js';
import { gate, words } from '@parley/model-server';

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

/** Every control, menu and picture of the page that has no name, as a screen reader meets them. */
async function nameless(page: Page): Promise<string[]> {
  const named =
    /^\s*- (?:button|link|textbox|searchbox|combobox|slider|switch|radio|checkbox|menu|listbox|dialog|menuitem|menuitemradio|option|img|toolbar|heading)\b(?! ")/;
  return (await page.locator('body').ariaSnapshot()).split('\n').filter((line) => named.test(line));
}

/** What a screen is about: its title, its mains and its headings of the first level. */
async function about(page: Page): Promise<{ title: string; mains: number; headings: string[]; nameless: string[] }> {
  const headings = page.getByRole('heading', { level: 1 });
  await headings.first().waitFor();
  return {
    title: await page.title(),
    mains: await page.getByRole('main').count(),
    headings: await headings.allInnerTexts(),
    nameless: await nameless(page),
  };
}

test('every screen is about one thing and says what, every control has a name, and an address of nothing is shown inside the page', async () => {
  await using dee = await openBrowser();
  const { page } = dee;
  const { url } = cluster.apis[0]!;
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 860 });
    await page.goto(`${url}/sign-in`);
    expect(await about(page)).toEqual({ title: 'Sign in · Parley', mains: 1, headings: ['Come in'], nameless: [] });
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  await createAccount(page, url, 'dee');
  const nav = page.getByRole('navigation', { name: 'Rooms' });
  await nav.getByText('Lobby').click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Something to find.');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('log').getByText('Something to find.').waitFor();
  const lobby = new URL(page.url()).pathname;
  const screens = [
    [lobby, 'Lobby · Parley', /^#?\s*Lobby$/, page.getByRole('log').getByText('Something to find.')],
    ['/browse', 'Browse rooms · Parley', /^Browse rooms$/, page.getByRole('link', { name: 'Open Lobby' })],
    ['/characters', 'Characters · Parley', /^Characters$/, page.getByRole('button', { name: 'Talk to Ada' })],
    ['/search?q=find', 'Search · Parley', /^Search$/, page.getByRole('link', { name: /Something to find/ })],
    ['/settings', 'Settings · Parley', /^Settings$/, page.getByRole('button', { name: 'Remove account…' })],
    [`/rooms/${randomUUID()}`, 'Parley', /^Room$/, page.getByRole('button', { name: 'Try again' })],
    ['/no/such/place', 'Not found · Parley', /^Not found$/, page.getByRole('link', { name: 'To your rooms' })],
  ] as const;
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 860 });
    for (const [path, title, heading, there] of screens) {
      await page.goto(`${url}${path}`);
      await there.first().waitFor();
      const headings = [expect.stringMatching(heading)];
      expect(await about(page), path).toEqual({ title, mains: 1, headings, nameless: [] });
    }
    expect(await nav.isVisible()).toBe(width === 1280);
    await page.getByRole('link', { name: 'To your rooms' }).click();
    await nav.waitFor();
  }
  expect(await about(page)).toEqual({ title: 'Parley', mains: 1, headings: ['Parley'], nameless: [] });

  // Whatever opens over a screen has a name, and so has all that is in it.
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.goto(`${url}${lobby}`);
  const message = page.getByRole('log').getByRole('article').filter({ hasText: 'Something to find.' });
  const act = async (action: string) => (await rowActions(message)).getByRole('button', { name: action }).click();
  const box = page.getByRole('textbox', { name: 'Message' });
  const opens: [() => Promise<unknown>, 'dialog' | 'menu' | 'listbox', string | RegExp][] = [
    [() => page.getByRole('button', { name: 'Settings', exact: true }).click(), 'menu', 'Settings'],
    [() => act('More'), 'menu', 'Message'],
    [() => act('React'), 'dialog', 'Choose an emoji'],
    [() => page.getByRole('button', { name: 'Commands' }).click(), 'listbox', 'Commands'],
    [() => box.fill('@'), 'listbox', 'People and characters'],
    [() => page.getByRole('complementary').getByRole('button', { name: /^Ada/ }).click(), 'menu', 'Ada'],
    [() => page.keyboard.press('Control+k'), 'dialog', 'Jump to'],
    [() => nav.getByRole('button', { name: 'New room' }).click(), 'dialog', 'New room'],
    [() => page.getByRole('button', { name: 'Room settings' }).click(), 'dialog', 'Settings of Lobby'],
  ];
  for (const [open, role, name] of opens) {
    await open();
    const opened = page.getByRole(role, { name });
    await opened.waitFor();
    expect(await nameless(page), String(name)).toEqual([]);
    await page.keyboard.press('Escape');
    if (role === 'listbox') await box.fill('');
    await opened.waitFor({ state: 'detached' });
  }
  await page.evaluate(() => document.body.append(document.createElement('button')));
  expect(await nameless(page)).toEqual(['- button']);
});

test('a screen reader is told what arrives, an answer once and whole, and not what is only loaded', async () => {
  const { url } = cluster.apis[0]!;
  await using fay = await openBrowser();
  const { page } = fay;
  await createAccount(page, url, 'fay');
  await using gil = await register(url, 'gil');
  const { id: roomId } = await gil.socket.rooms.create.mutate({ name: 'hall', visibility: 'private' });
  await gil.socket.rooms.addMember.mutate({ roomId, username: 'fay' });
  const say = (content: string) => gil.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  for (let n = 1; n <= 90; n++) await say(`Old line ${n}.`);
  // All that a screen reader would be told, from the moment the page is there.
  await page.addInitScript(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    const live = (node: Node) => {
      const region = (node instanceof Element ? node : node.parentElement)?.closest('[aria-live], [role=status], [role=alert], [role=log]');
      return region && region.getAttribute('aria-live') !== 'off' && region.getAttribute('aria-label') !== 'Typing';
    };
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes } of changes) {
        // An element that comes with its text is told only where it comes into a region that was there before.
        const said = type === 'characterData' ? [target] : [...addedNodes];
        if (live(target)) told.push(...said.map(({ textContent }) => textContent ?? '').filter((text) => text.trim() !== ''));
      }
    }).observe(document, { childList: true, characterData: true, subtree: true });
  });
  await page.goto(`${url}/rooms/${roomId}`);
  const log = page.getByRole('log', { name: 'Messages' });
  await log.getByText('Old line 90.').waitFor();
  await page.getByRole('status', { name: 'New messages' }).waitFor({ state: 'attached' });
  await expect
    .poll(async () => {
      await log.press('Home');
      return log.getByText('Old line 1.', { exact: true }).count();
    })
    .toBe(1);
  await log.press('End');
  const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told.filter((text) => !/Connect/.test(text)));
  expect(await told()).toEqual([]);

  await say('A **new** line.');
  await expect.poll(told).toEqual(['gil: A new line.']);
  const half = gate();
  cluster.model.script(() => ({ steps: ['The first half, ', { until: half.opened }, 'and the second.'] }));
  await page.getByRole('textbox', { name: 'Message' }).fill('/ask for it');
  await page.keyboard.press('Enter');
  await log.getByText('The first half,').waitFor();
  half.open();
  await log.getByText('and the second.').waitFor();
  await expect.poll(told).toEqual(['gil: A new line.', 'Ada: The first half, and the second.']);
});
