import { afterAll, beforeAll, expect, test } from 'vitest';
import { picture } from './harness/page-layout.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';

let scene: PageScene;
let page: PageScene['page'];
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
  roomId = (await scene.ann.http.rooms.create.mutate({ name: 'Harbour' })).id;
});
afterAll(() => scene?.[Symbol.asyncDispose]());

test('an owner chooses for how many days a room keeps its messages, and everyone is told', async () => {
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const panel = page.getByRole('complementary', { name: 'About this room' });
  const people = page.getByRole('button', { name: 'People in this room' });
  await people.waitFor();
  if ((await people.getAttribute('aria-expanded')) === 'false') await people.click();
  await panel.getByRole('button', { name: 'Room settings' }).click();
  const dialog = page.getByRole('dialog', { name: /Settings of Harbour/ });
  await dialog.getByText('They are kept until somebody deletes them.').waitFor();
  const days = dialog.getByRole('textbox', { name: 'Days that messages are kept' });
  await days.fill('soon');
  await dialog.getByText('Give a whole number of days.').waitFor();
  await days.fill('30');
  await picture(page, 'privacy-room');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('log', { name: 'Messages' }).getByText('had messages older than 30 days removed').waitFor();
  expect(await scene.ann.http.rooms.retention.query({ roomId })).toMatchObject({ days: 30, chosen: 30 });
});
