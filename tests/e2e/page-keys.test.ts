import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { connect } from './harness/person.js';
import { rowActions } from './harness/row-actions.js';

let scene: PageScene;
let page: PageScene['page'];

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const dialog = () => page.getByRole('dialog');
const keys = () => page.getByRole('region', { name: 'Keys' }).getByRole('listitem');
const bots = () => page.getByRole('region', { name: 'Bots' }).getByRole('listitem');
const focused = (wanted: Page) => wanted.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);

/** A call as a script makes it. */
function call(key: string, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${scene.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function openKeys(): Promise<void> {
  await page.goto(`${scene.url}/settings`);
  await page.getByRole('link', { name: 'Keys and bots' }).click();
  await page.getByRole('heading', { name: 'Keys and bots' }).waitFor();
}

/** Sends the form of the dialog, and expects this to be said at the control that then has the focus. */
async function expectRefusal(said: string): Promise<void> {
  await dialog().getByRole('button', { name: 'Make' }).click();
  const wrong = dialog().locator('[aria-invalid=true]').first();
  await expect.poll(() => wrong.evaluate((element) => element === document.activeElement)).toBe(true);
  const note = (await wrong.getAttribute('aria-describedby'))!.split(' ')[0];
  await expect.poll(() => page.locator(`[id="${note}"]`).textContent()).toBe(said);
}

test('a key is made, shown once, used, seen to be used, and revoked', async () => {
  await openKeys();
  await page.getByText('No key yet.').waitFor();
  await page.getByRole('button', { name: 'New key' }).click();
  await expectRefusal('Give the key a name, by which you know it again.');
  await dialog().getByRole('textbox', { name: 'Name' }).fill('nightly');
  await expectRefusal('Choose at least one thing that it may do.');
  await dialog().getByRole('button', { name: 'Reading', exact: true }).click();
  // Only admins are offered what only they may do.
  expect(await dialog().getByText('Manage accounts').count()).toBe(0);
  await dialog().getByText('Only some').click();
  await expectRefusal('Choose at least one room.');
  await dialog().getByRole('checkbox', { name: 'Lobby' }).check();
  await dialog().getByLabel('It ends').selectOption('With a day that I choose');
  await dialog().getByLabel('Last day').fill('2020-01-01');
  await expectRefusal('Choose a day that is not over.');
  await dialog().getByLabel('It ends').selectOption('In 7 days');

  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Keep writing' }).click();
  await dialog().getByRole('button', { name: 'Make key' }).click();
  const shown = page.getByRole('textbox', { name: 'Key', exact: true });
  const key = await shown.inputValue();
  expect(key).toMatch(/^parley_/);
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(() => focused(page)).toBe('Key');
  await page.getByText('it is shown only this once').waitFor();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByRole('status').getByText('Copied.').waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await keys().filter({ hasText: 'never used' }).waitFor();

  expect((await call(key, 'GET', '/api/me')).status).toBe(200);
  expect((await call(key, 'POST', '/api/rooms', { name: 'Mine' })).status).toBe(403);
  await page.reload();
  const row = keys().filter({ hasText: 'nightly' });
  await row.getByText(/last used (?:today|yesterday), \d\d:\d\d/).waitFor();
  await row.getByText('Read rooms, read messages, read characters, read hooks, read people').waitFor();
  await row.getByText('Only in Lobby').waitFor();
  expect(await page.content()).not.toContain(key);

  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  expect((await call(key, 'GET', '/api/me')).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await dialog().getByRole('button', { name: 'Revoke key' }).click();
  await page.getByText('No key yet.').waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('BUTTON');
  expect((await call(key, 'GET', '/api/me')).status).toBe(401);
});

test('a bot is made, marked wherever its name shows, and removed', async () => {
  await openKeys();
  await page.getByRole('button', { name: 'New bot' }).click();
  await expectRefusal('Give the bot a username.');
  await dialog().getByLabel('Username').fill('bo');
  await dialog().getByRole('button', { name: 'Make bot' }).click();
  await expect.poll(() => dialog().getByLabel('Username').getAttribute('aria-invalid')).toBe('true');
  await dialog().getByLabel('Username').fill('weather');
  await dialog().getByLabel('Name (optional)').fill('Weather');
  await dialog().getByRole('button', { name: 'Make bot' }).click();
  await bots().filter({ hasText: '@weather' }).waitFor();
  await page.getByRole('button', { name: 'New key for Weather' }).click();
  await dialog().getByRole('textbox', { name: 'Name' }).fill('run');
  await dialog().getByRole('button', { name: 'All', exact: true }).click();
  await dialog().getByRole('button', { name: 'Make key' }).click();
  const key = await page.getByRole('textbox', { name: 'Key', exact: true }).inputValue();
  await expect.poll(() => focused(page)).toBe('Key');
  await keys().filter({ hasText: 'run' }).filter({ hasText: 'Weather' }).filter({ hasText: 'In all its rooms' }).waitFor();

  const lobby = (await scene.ann.http.rooms.list.query()).find(({ room }) => room.name === 'Lobby')!.room.id;
  await call(key, 'POST', `/api/rooms/${lobby}/join`);
  const sent = await call(key, 'POST', `/api/rooms/${lobby}/messages`, { content: 'Rain from four on.', clientId: randomUUID() });
  expect(sent.status).toBeLessThan(300);
  const { user } = (await scene.ann.http.bots.list.query())[0]!;
  await using bot = connect(scene.url, { id: user.id, username: user.username, accessToken: key, refreshToken: '' });

  // In the conversation: the row, its avatar, a quote of it, the line of who is writing.
  await page.goto(`${scene.url}/rooms/${lobby}`);
  const log = page.getByRole('log', { name: 'Messages' });
  const row = log.getByRole('article', { name: /^Weather, \d\d:\d\d, bot$/ });
  await row.getByText('bot', { exact: true }).waitFor();
  expect(await row.locator('[aria-hidden=true]').first().textContent()).toBe('');
  await (await rowActions(row)).getByRole('button', { name: 'Reply' }).click();
  const box = page.getByRole('textbox', { name: 'Message' });
  await page.locator('form, main').getByText('bot', { exact: true }).first().waitFor();
  await box.fill('Thank you.');
  await box.press('Enter');
  await log.getByRole('button', { name: /^In answer to Weather ?bot/ }).waitFor();
  await bot.http.presence.typing.mutate({ roomId: lobby, typing: true });
  await page.getByRole('status', { name: 'Typing' }).getByText('Weather (bot) is typing…').waitFor();

  // Where it is chosen or found.
  await box.fill('');
  await box.pressSequentially('@wea');
  await page.getByRole('option', { name: /Weather.*bot/ }).waitFor();
  await page.keyboard.press('Escape');
  const panel = page.getByRole('complementary', { name: 'About this room' });
  await panel.getByRole('button', { name: /Weather.*bot/ }).click();
  await page.getByRole('menu', { name: 'Weather (bot)' }).getByRole('menuitem', { name: 'Talk alone' }).click();
  await page
    .getByRole('heading', { name: /Weather ?bot/ })
    .first()
    .waitFor();
  await page
    .getByRole('navigation', { name: 'Rooms' })
    .getByRole('link', { name: /Weather ?bot/ })
    .waitFor();
  await scene.ann.http.messages.send.mutate({ roomId: lobby, clientId: randomUUID(), content: 'Later.' });
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Jump to' }).fill('weather');
  await page.getByRole('option', { name: /Weather ?bot/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.goto(`${scene.url}/search?q=rain`);
  await page.getByRole('link', { name: /Weather ?bot.*Rain from four on/ }).waitFor();

  await openKeys();
  await page.getByRole('button', { name: 'Remove Weather' }).click();
  await dialog().getByRole('button', { name: 'Remove bot' }).click();
  await page.getByText('No bot yet.').waitFor();
  await keys().filter({ hasText: 'Weather' }).first().waitFor({ state: 'detached' });
  // By the key, which is revoked, or by the account, which is shut: either refuses it.
  expect([401, 403]).toContain((await call(key, 'GET', '/api/me')).status);
  expect(scene.browser.errors.filter((text) => !/40[019]/.test(text))).toEqual([]);
});
