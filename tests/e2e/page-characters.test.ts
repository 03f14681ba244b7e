import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';

let scene: PageScene;
let page: PageScene['page'];

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const dialog = () => page.getByRole('dialog');

test('a card makes a character, which goes out again as a card in a picture that makes another', async () => {
  const card = {
    spec: 'chara_card_v2',
    spec_version: '2.0',
    data: { name: 'Captain Mo', description: '{{char}} sails.', first_mes: 'g'.repeat(3_000), extensions: { other: 1 } },
  };
  const choose = (name: string, buffer: Buffer) =>
    page.getByLabel('File of a character’s card').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await page.goto(`${scene.url}/characters`);
  await page.getByRole('button', { name: 'New character' }).click();
  await choose('wrong.json', Buffer.from('{"spec": "chara_card_v9"}'));
  await dialog().getByText('This is no character card of version 2 or 3.').waitFor();
  await choose('mo.json', Buffer.from(JSON.stringify(card)));
  await dialog().getByText('of first_mes only the beginning fits').waitFor();
  expect(await dialog().getByRole('textbox', { name: 'Who it is and how it answers' }).inputValue()).toContain('> Captain Mo sails.');
  const [download] = await Promise.all([page.waitForEvent('download'), dialog().getByRole('button', { name: 'Save as card' }).click()]);
  expect(download.suggestedFilename()).toBe('captain-mo.png');
  const picture = await readFile(await download.path());
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'New character' }).click();
  await choose('captain-mo.png', picture);
  await dialog().getByText('@captain-mo-2').waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await expect.poll(() => page.getByRole('heading', { name: 'Captain Mo' }).count()).toBe(2);
});

test('the form offers the models that there are', async () => {
  await page.getByRole('button', { name: 'New character' }).click();
  const model = dialog().getByLabel('Model (optional)');
  await expect
    .poll(() => model.evaluate((input: HTMLInputElement) => [...(input.list?.options ?? [])].map(({ value }) => value)))
    .toContain('agent');
  await dialog().getByText('empty for', { exact: false }).waitFor();
});
