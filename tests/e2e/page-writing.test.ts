import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { rowActions } from './harness/row-actions.js';

let scene: PageScene;
let page: PageScene['page'];
let url: string;
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene();
  ({ page, url } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

beforeEach(async () => {
  const { bo } = scene;
  ({ id: roomId } = await bo.socket.rooms.create.mutate({ name: `Desk ${randomUUID()}`, visibility: 'private' }));
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  await say('What shall it be?');
  await open(roomId);
});

const box = () => page.getByRole('textbox', { name: 'Message' });
const row = (text: string) => page.getByRole('log', { name: 'Messages' }).getByRole('article').filter({ hasText: text });
const say = (content: string) => scene.bo.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
const caretAt = (at: number) => box().evaluate((element, to) => (element as HTMLTextAreaElement).setSelectionRange(to, to), at);

async function open(id: string): Promise<void> {
  await page.goto(`${url}/rooms/${id}`);
  await row('What shall it be?').waitFor();
  await box().waitFor();
}

test('what is chosen from a menu replaces no word that was there, and undo brings back what it did', async () => {
  await box().fill('hello there');
  await caretAt(0);
  await box().pressSequentially('@b');
  await page.getByRole('option', { name: 'Bo' }).click();
  expect(await box().inputValue()).toBe('@bo hello there');
  await page.keyboard.type('and ');
  expect(await box().inputValue()).toBe('@bo and hello there');
  for (let undone = 0; undone < 20 && (await box().inputValue()) !== 'hello there'; undone++) await page.keyboard.press('Control+z');
  expect(await box().inputValue()).toBe('hello there');

  await page.getByRole('button', { name: 'Commands' }).click();
  await page.getByRole('option', { name: '/ask' }).click();
  expect(await box().inputValue()).toBe('/ask hello there');
  await box().fill('ask them');
  await caretAt(4);
  await page.getByRole('button', { name: 'Mention someone' }).click();
  await page.getByRole('option', { name: 'Bo' }).click();
  expect(await box().inputValue()).toBe('ask @bo them');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  expect(await box().inputValue()).toBe('ask them');
  await box().fill('');
});

test('Enter that ends a word of an input method, as Safari tells it, sends, saves and opens nothing', async () => {
  /** After the composition is over, with the key code of a key that an input method took. */
  const enterOfSafari = () =>
    page.evaluate(() => {
      const key = { key: 'Enter', keyCode: 229, which: 229, bubbles: true, cancelable: true };
      document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', key));
    });
  await box().fill('東京');
  await enterOfSafari();
  expect(await box().inputValue()).toBe('東京');
  await box().press('Enter');
  await row('東京').waitFor();

  const editor = page.getByRole('textbox', { name: 'Edit message' });
  // A message can be edited once the server has it.
  await rowActions(row('東京'));
  await box().press('ArrowUp');
  await editor.fill('東京タワー');
  await enterOfSafari();
  await editor.waitFor();
  await editor.press('Enter');
  await row('東京タワー').waitFor();
  await editor.waitFor({ state: 'detached' });

  await page.keyboard.press('Control+k');
  const jump = page.getByRole('combobox', { name: 'Jump to' });
  await jump.fill('Lobby');
  await page.getByRole('option', { name: 'Lobby', exact: true }).waitFor();
  await enterOfSafari();
  await jump.waitFor();
  expect(new URL(page.url()).pathname).toBe(`/rooms/${roomId}`);
  await page.keyboard.press('Escape');
});

test('what a draft answers is kept with it, over a switch of rooms and a reload', async () => {
  const target = page.getByRole('button', { name: 'Do not reply' });
  await (await rowActions(row('What shall it be?'))).getByRole('button', { name: 'Reply' }).click();
  await box().fill('Tea, please.');
  await page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  await page.waitForURL((to) => to.pathname !== `/rooms/${roomId}`);
  expect(await target.count()).toBe(0);
  await open(roomId);
  await target.waitFor();
  await page.reload();
  await target.waitFor();
  expect(await box().inputValue()).toBe('Tea, please.');
  await box().press('Enter');
  await row('Tea, please.').getByText('What shall it be?').waitFor();
  expect(await target.count()).toBe(0);
  await rowActions(row('Tea, please.'));
  await page.reload();
  await box().waitFor();
  expect(await target.count()).toBe(0);
});

test('a screen reader is told what a menu is for, what the screen is about, and of the connection only what changes', async () => {
  await box().fill('Mine.');
  await box().press('Enter');
  await (await rowActions(row('Mine.'))).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menu', { name: 'Message' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('menu', { name: 'Settings' }).waitFor();
  await page.keyboard.press('Escape');
  const status = page.getByRole('status').getByText('Connected');
  await page.getByText(/Connected · \d+ ms/).waitFor();
  expect(await status.allTextContents()).toEqual(['Connected']);

  await page.setViewportSize({ width: 390, height: 860 });
  await page.goto(url);
  await page.getByRole('main').getByRole('navigation', { name: 'Rooms' }).waitFor();
  expect(await page.getByRole('main').count()).toBe(1);
  expect(await page.getByRole('heading', { level: 1 }).allTextContents()).toEqual(['Parley']);
  await page.setViewportSize({ width: 1280, height: 860 });
});
