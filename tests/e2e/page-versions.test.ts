import { randomUUID } from 'node:crypto';
import { words } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Person } from './harness/person.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { rowActions } from './harness/row-actions.js';

let scene: PageScene;
let page: PageScene['page'];
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
  roomId = (await scene.ann.http.rooms.create.mutate({ name: 'Garden' })).id;
  await scene.bo.http.rooms.join.mutate({ roomId });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const row = (text: string) => page.getByRole('log', { name: 'Messages' }).getByRole('article').filter({ hasText: text });
const answers = (content: string) => scene.cluster.model.script(() => ({ steps: words(content) }));
const ask = async (by: Person, content: string) =>
  (await by.http.messages.send.mutate({ roomId, clientId: randomUUID(), content })).replies[0]!.id;
const now = (messageId: string) => scene.bo.http.messages.get.query({ messageId });

/** A finger that goes over an element from one side to the other. */
async function swipe(text: string, by: number): Promise<void> {
  await row(text).evaluate((element, distance) => {
    const { x, y, width } = element.getBoundingClientRect();
    const finger = (clientX: number) => new Touch({ identifier: 1, target: element, clientX, clientY: y + 20 });
    const [from, to] = [finger(x + width / 2), finger(x + width / 2 + distance)];
    element.dispatchEvent(new TouchEvent('touchstart', { bubbles: true, touches: [from], changedTouches: [from] }));
    element.dispatchEvent(new TouchEvent('touchend', { bubbles: true, touches: [], changedTouches: [to] }));
  }, by);
}

test('an answer is tried again as somebody wishes, its versions are turned by keys and by a swipe, and one is chosen for everyone', async () => {
  const first = 'Tea is at four, in the garden behind the house.';
  answers(first);
  const id = await ask(scene.ann, '/ask When is tea?');
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await row(first).waitFor();
  answers('At four.');
  await (await rowActions(row(first))).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Try again…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Try again' });
  await dialog.getByLabel('Model').fill('nonsense');
  await dialog.getByRole('button', { name: 'Shorter' }).click();
  expect(await dialog.getByLabel('How it should be').inputValue()).toBe('Shorter');
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await dialog.getByText('Write provider:model.').waitFor();
  await dialog.getByLabel('Model').fill('');
  await dialog.getByRole('button', { name: 'Try again' }).click();
  await dialog.waitFor({ state: 'detached' });
  await row('At four.').getByText('2 of 2').waitFor();
  await row('At four.').getByText('“Shorter”').waitFor();
  expect(scene.cluster.model.requests.at(-1)!.turns.at(-2)).toMatchObject({ role: 'assistant', text: first });

  // Turning changes what is looked at, for the reader alone.
  await row('At four.').getByRole('button', { name: 'Earlier version' }).click();
  await row(first).getByText('1 of 2').waitFor();
  await page.keyboard.press('ArrowRight');
  await row('At four.').getByText('2 of 2').waitFor();
  await page.keyboard.press('ArrowLeft');
  await row(first).getByText('1 of 2').waitFor();
  expect(await now(id)).toMatchObject({ content: 'At four.' });

  await row(first).getByRole('button', { name: 'Use this' }).click();
  await row(first).getByRole('button', { name: 'Use this' }).waitFor({ state: 'detached' });
  await row(first).getByText('1 of 2').waitFor();
  expect(await now(id)).toMatchObject({ content: first, reply: { chosen: 1 } });

  await page.setViewportSize({ width: 390, height: 844 });
  await swipe(first, -120);
  await row('At four.').getByText('2 of 2').waitFor();
  await swipe('At four.', 120);
  await row(first).getByText('1 of 2').waitFor();
  await page.setViewportSize({ width: 1280, height: 860 });
  expect(scene.browser.errors.filter((text) => !/401/.test(text))).toEqual([]);
});

test('a room opens to everyone in it who may have answers written again', async () => {
  answers('At five, then.');
  const id = await ask(scene.ann, '/ask And supper?');
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await row('At five, then.').waitFor();
  const again = () => scene.bo.http.replies.regenerate.mutate({ messageId: id });
  await expect(again()).rejects.toMatchObject({ data: { appCode: 'FORBIDDEN' } });
  await page.getByRole('button', { name: 'Room settings' }).click();
  const settings = page.getByRole('dialog');
  await settings.getByText('Everyone here').click();
  await settings.getByRole('button', { name: 'Save' }).click();
  await settings.waitFor({ state: 'detached' });
  await page.getByRole('log', { name: 'Messages' }).getByText('ann let everyone stop replies and have them written again.').waitFor();
  answers('At six.');
  await again();
  await row('At six.').getByText('2 of 2').waitFor();
});

test('a question is put to several, whose answers stand side by side, and one below the other on a narrow screen', async () => {
  const lin = (await scene.ann.http.characters.list.query()).find(({ character }) => character.handle === 'lin')!.character;
  await scene.ann.http.rooms.addCharacter.mutate({ roomId, characterId: lin.id });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const said = { ada: 'On Friday, if the tests pass.', lin: 'A release is a promise; promise less, on Monday.' };
  scene.cluster.model.script((request) => ({ steps: words(request.turns[0]!.text.includes('You are @lin') ? said.lin : said.ada) }));
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.pressSequentially('/ask @ad');
  await page.getByRole('option', { name: /Ada/ }).waitFor();
  await box.press('Enter');
  await box.pressSequentially('@li');
  await page.getByRole('option', { name: /Lin/ }).waitFor();
  await box.press('Enter');
  await box.pressSequentially('When do we ship?');
  expect(await box.inputValue()).toBe('/ask @ada @lin When do we ship?');
  await box.press('Enter');
  await row(said.ada).waitFor();
  await row(said.lin).waitFor();
  for (const { body } of scene.cluster.model.requests.slice(-2)) expect(JSON.stringify(body)).not.toMatch(/if the tests pass|promise less/);
  const boxes = async () => (await Promise.all([row(said.ada).boundingBox(), row(said.lin).boundingBox()])).map((found) => found!);
  const [ada, linBox] = await boxes();
  expect(linBox!.x).toBeGreaterThan(ada!.x + ada!.width - 20);
  expect(Math.abs(linBox!.y - ada!.y)).toBeLessThan(2);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(async () => new Set((await boxes()).map(({ x }) => x)).size).toBe(1);
  const [above, below] = await boxes();
  expect(below!.y).toBeGreaterThanOrEqual(above!.y + above!.height);
  await page.setViewportSize({ width: 1280, height: 860 });
});
