import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { anonymous, type Person } from './harness/person.js';
import { rowActions } from './harness/row-actions.js';
import { slowLine, type SlowLine } from './harness/slow-line.js';
import { gate } from '@parley/model-server';

let scene: PageScene;
let cluster: PageScene['cluster'];
let url: PageScene['url'];
let page: PageScene['page'];
let ann: PageScene['ann'];
let bo: PageScene['bo'];
let line: SlowLine;

beforeAll(async () => {
  scene = await startPageScene(async (opened) => {
    line = await slowLine(opened);
    await opened.clock.install();
  });
  ({ cluster, url, page, ann, bo } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => line.setOffline(false));

const log = () => page.getByRole('log', { name: 'Messages' });
const nav = () => page.getByRole('navigation', { name: 'Rooms' });
const box = () => page.getByRole('textbox', { name: 'Message' });
const editor = () => page.getByRole('textbox', { name: 'Edit message' });
const dialog = () => page.getByRole('dialog');
const row = (text: string) => log().getByRole('article').filter({ hasText: text });
const notice = (text: string) => page.getByRole('alert').filter({ hasText: text });

/** Longer than the page waits for the answer to a call. */
const patience = () => page.clock.fastForward(21_000);

async function write(who: Person, roomId: string, content: string): Promise<string> {
  const { message } = await who.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  return message!.id;
}

async function openNew(name: string): Promise<string> {
  const { id: roomId } = await bo.socket.rooms.create.mutate({ name, visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  await page.goto(`${url}/rooms/${roomId}`);
  await box().waitFor();
  return roomId;
}

async function edit(text: string): Promise<void> {
  await (await rowActions(row(text))).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  await editor().waitFor();
}

test('what is asked for while one is offline is said to have failed, and is done when asked for again, once', async () => {
  await openNew('tunnel');
  await nav().getByRole('button', { name: 'New room' }).click();
  await dialog().getByLabel('Name').fill('beyond the tunnel');
  await line.setOffline(true);
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().getByRole('button', { name: 'Creating' }).waitFor();
  await patience();
  await notice('You are offline').waitFor();
  await line.setOffline(false);
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().waitFor({ state: 'detached' });
  await nav().getByText('beyond the tunnel').waitFor();
  const rooms = await ann.http.rooms.list.query({ scope: 'joined' });
  expect(rooms.filter((each) => 'room' in each && each.room.name === 'beyond the tunnel')).toHaveLength(1);
});

test('a lost connection, a message that waits and who is not known yet are said so at once, in words', async () => {
  const roomId = await openNew('words');
  const label = page.getByRole('status').getByText(/^(Connected|Offline|Reconnecting…)$/);
  await expect.poll(() => label.allTextContents()).toEqual(['Connected']);
  // What is sent to a room whose messages are still loading is shown when they are there.
  await write(bo, roomId, 'before the tunnel');
  await row('before the tunnel').waitFor();
  await line.setOffline(true);
  await expect.poll(() => label.allTextContents()).toEqual(['Offline']);
  await box().fill('into the void');
  await box().press('Enter');
  await row('into the void').getByText('Not sent yet').waitFor();
  await log()
    .getByRole('article', { name: /^ann, .*, Not sent yet$/ })
    .waitFor();
  await line.setOffline(false);
  await expect.poll(() => label.allTextContents()).toEqual(['Connected']);
  await expect.poll(() => row('into the void').getAttribute('aria-label')).toMatch(/^ann, [^,]*$/);

  const held = line.hold('rooms.get');
  await page.goto(`${url}/rooms/${roomId}`);
  await held.asked;
  const panel = page.getByRole('complementary', { name: 'About this room' });
  await panel.getByRole('status', { name: 'Loading people' }).waitFor();
  expect(await panel.getByText(/^0 /).count()).toBe(0);
  held.open();
  await panel.getByText('2 people').waitFor();
});

test('what is sent far back in the history while one is offline is seen, and is at the end of the room once one is connected', async () => {
  const roomId = await openNew('long');
  const first = await write(bo, roomId, 'The first of many.');
  for (let count = 0; count < 330; count++) await write(bo, roomId, `One of many: ${count}`);
  await page.goto(`${url}/rooms/${roomId}?at=2#message-${first}`);
  await row('The first of many.').waitFor();
  const latest = page.getByRole('button', { name: 'Latest messages' });
  await latest.waitFor();
  await line.setOffline(true);
  await page.getByRole('status').getByText('Offline', { exact: true }).waitFor();
  await box().fill('from afar');
  await box().press('Enter');
  await row('from afar').getByText('Not sent yet').waitFor();
  await expect.poll(() => row('from afar').evaluate((element) => element.getBoundingClientRect().bottom <= window.innerHeight)).toBe(true);
  await log().getByText('What lies between is loaded once you are connected.').waitFor();
  await line.setOffline(false);
  await row('One of many: 329').waitFor();
  await expect.poll(() => row('from afar').getAttribute('aria-label')).toMatch(/^ann, [^,]*$/);
});

test('a room that was read a moment ago is there offline after Back, with what is written in it, and goes on once one is connected', async () => {
  const roomId = await openNew('left behind');
  await write(bo, roomId, 'Read a moment ago.');
  await row('Read a moment ago.').waitFor();
  await nav().getByRole('link', { name: 'Lobby' }).click();
  await page.getByRole('heading', { name: 'Lobby' }).waitFor();
  await line.setOffline(true);
  await page.getByRole('status').getByText('Offline', { exact: true }).waitFor();
  await page.goBack();
  await row('Read a moment ago.').waitFor();
  await page.getByRole('complementary', { name: 'About this room' }).getByText('2 people').waitFor();
  await box().fill('from the tunnel');
  await box().press('Enter');
  await row('from the tunnel').getByText('Not sent yet').waitFor();
  await write(bo, roomId, 'Said meanwhile.');
  await line.setOffline(false);
  await row('Said meanwhile.').waitFor();
  await expect.poll(() => row('from the tunnel').getAttribute('aria-label')).toMatch(/^ann, [^,]*$/);
  expect(await log().getByRole('article').allInnerTexts()).toEqual([
    expect.stringContaining('Read a moment ago.'),
    expect.stringContaining('Said meanwhile.'),
    expect.stringContaining('from the tunnel'),
  ]);
});

test('a dialog that cannot be loaded says so at once and does not open later; one that was left for something else neither', async () => {
  await openNew('unloaded');
  const code = gate();
  await page.route(/\/assets\/(new-room-dialog|room-settings)-.*\.js/, async (route) => {
    await code.opened;
    await route.continue();
  });
  await page.reload();
  await box().waitFor();
  // The user goes on to write before it is there.
  await nav().getByRole('button', { name: 'New room' }).click();
  await box().click();
  await page.keyboard.type('something else');
  code.open();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(done)))));
  expect(await dialog().count()).toBe(0);
  expect(await box().inputValue()).toBe('something else');

  await line.setOffline(true);
  await page.getByRole('button', { name: 'Room settings' }).click();
  await page.clock.fastForward(400);
  await notice('You are offline').waitFor();
  await box().click();
  await page.keyboard.type(', and more');
  await line.setOffline(false);
  // Before the clock is moved on: it would end a socket that is being opened, and the one that stands in for the browser's is silent then.
  await page.getByRole('status').getByText('Connected').waitFor();
  await page.clock.fastForward(11_000);
  expect(await dialog().count()).toBe(0);
  expect(await box().inputValue()).toBe('something else, and more');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByRole('button', { name: 'Room settings' }).click();
  await dialog().waitFor();
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  await page.unrouteAll();
});

test('an edit that could not be saved is said to be so where another message is open by then, and is still there', async () => {
  const roomId = await openNew('edits');
  await write(ann, roomId, 'the first line');
  await write(ann, roomId, 'the second line');
  await row('the second line').waitFor();
  const held = line.hold('messages.edit');
  await edit('the first line');
  await editor().fill('the first line, mended');
  await editor().press('Enter');
  await held.asked;
  await edit('the second line');
  await expect.poll(() => editor().inputValue()).toBe('the second line');
  await editor().fill('the second line, half');
  line.cut();
  await notice('An edit was not saved').waitFor();
  expect(await editor().inputValue()).toBe('the second line, half');
  held.open();
  await editor().press('Enter');
  await editor().waitFor({ state: 'detached' });
  await edit('the first line');
  await expect.poll(() => editor().inputValue()).toBe('the first line, mended');
});

test('a stop that does not reach the server is said so, and works when it is pressed again, or twice', async () => {
  const roomId = await openNew('stops');
  const end = gate();
  cluster.model.script(() => ({ steps: ['Once upon a time', { until: end.opened }] }));
  await write(ann, roomId, '/ask for a story');
  const stop = row('Once upon a time').getByRole('button', { name: 'Stop' });
  await stop.waitFor();
  await line.setOffline(true);
  await stop.click();
  await row('stopping').waitFor();
  await patience();
  await expect.poll(async () => (await notice('You are offline').boundingBox())?.width ?? 0).toBeGreaterThan(100);
  await line.setOffline(false);
  await stop.dblclick();
  await row('Once upon a time').getByText('stopped by').waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
  end.open();
});

test('after a sleep beyond the access token’s life, a file is exported all the same', async () => {
  const { url: at } = await cluster.startApi({ ACCESS_TOKEN_TTL_MS: '2000' });
  await page.goto(at);
  await nav().waitFor();
  // The request that would renew the token is held until the page is awake, as if the device slept.
  const awake = gate();
  await page.route(/auth\.refresh/, async (route) => {
    await awake.opened;
    await route.continue();
  });
  const { accessToken } = await anonymous(at).auth.login.mutate({ username: 'ann', password: 'password of ann' });
  await page.getByRole('button', { name: 'Settings' }).first().click();
  await page.getByRole('menuitem', { name: 'All settings' }).click();
  const save = page.getByRole('button', { name: 'Export my data' });
  await save.waitFor();
  const answer = () => fetch(`${at}/api/me/export`, { headers: { authorization: `Bearer ${accessToken}` } });
  await expect.poll(async () => (await answer()).status).toBe(401);

  const file = page.waitForEvent('download');
  await save.click();
  awake.open();
  expect((await file).suggestedFilename()).toBe('ann.jsonl');
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('a page that nobody touches, or whose machine slept, knows when the day is another, and where the reader travels what time it is', async () => {
  const roomId = await openNew('calendar');
  const messageId = await write(bo, roomId, 'The almanac is here.');
  await bo.socket.messages.pin.mutate({ messageId, on: true });
  await row('The almanac is here.').waitFor();
  const panel = page.getByRole('complementary', { name: 'About this room' });
  await panel.getByRole('button', { name: 'Pinned messages' }).click();
  const pin = panel.getByRole('link', { name: /The almanac/ });
  const day = (name: string) => log().getByRole('separator').filter({ hasText: name });
  await day('Today').waitFor();
  await pin.getByText(/^Today \d/).waitFor();
  const now = await page.evaluate(() => Date.now());
  // As after a sleep: the clock is another at once, and no timer of the time between has run.
  await page.clock.setSystemTime(now + 24 * 3_600_000);
  await page.clock.fastForward(16_000);
  await day('Yesterday').waitFor();
  expect(await day('Today').count()).toBe(0);
  await pin.getByText(/^Yesterday \d/).waitFor();
  await page.goto(`${url}/search?q=almanac`);
  const hit = page.getByRole('link', { name: /The almanac/ });
  await hit.getByText(/^Yesterday \d/).waitFor();
  await page.clock.setSystemTime(now + 48 * 3_600_000);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await hit.getByText(/^Yesterday \d/).waitFor({ state: 'detached' });

  await page.goto(`${url}/rooms/${roomId}`);
  const { createdAt } = (await ann.http.messages.list.query({ roomId, limit: 1 })).items[0]!;
  const devtools = await page.context().newCDPSession(page);
  for (const timezoneId of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kathmandu']) {
    await devtools.send('Emulation.setTimezoneOverride', { timezoneId });
    await page.clock.fastForward(16_000);
    const there = new Intl.DateTimeFormat('en-GB', { timeZone: timezoneId, hour: '2-digit', minute: '2-digit' }).format(
      new Date(createdAt),
    );
    await row('The almanac is here.').getByText(there, { exact: true }).waitFor();
  }
  await devtools.send('Emulation.setTimezoneOverride', { timezoneId: '' });
  await devtools.detach();
});
