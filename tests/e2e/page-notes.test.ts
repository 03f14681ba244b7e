import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { rowActions } from './harness/row-actions.js';

let scene: PageScene;
let page: PageScene['page'];
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
  roomId = (await scene.bo.http.rooms.create.mutate({ name: 'Harbour' })).id;
  await scene.ann.http.rooms.join.mutate({ roomId });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const box = () => page.getByRole('textbox', { name: 'Message' });
const row = (text: string | RegExp) => page.getByRole('log', { name: 'Messages' }).getByRole('article').filter({ hasText: text });
const panel = () => page.getByRole('complementary', { name: 'About this room' });
const note = (text: string) => panel().getByRole('list', { name: 'Notes' }).getByRole('listitem').filter({ hasText: text });
const dialog = () => page.getByRole('dialog').filter({ has: page.getByRole('textbox', { name: 'Note' }) });

async function openNotes(): Promise<void> {
  const people = page.getByRole('button', { name: 'People in this room' });
  await people.waitFor();
  if ((await people.getAttribute('aria-expanded')) === 'false') await people.click();
  const button = panel().getByRole('button', { name: /^Notes/ });
  if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
}

/** For looking at, where a folder is named. */
async function picture(name: string): Promise<void> {
  const folder = process.env['PICTURES'];
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png` });
  }
}

test('notes are written, changed and removed in the panel, and others’ changes show at once', async () => {
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await openNotes();
  await panel().getByText('Nothing is noted yet').waitFor();
  await picture('empty');
  await panel().getByRole('button', { name: 'Add a note' }).click();
  await page.keyboard.type('The importer runs at night');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await dialog().waitFor({ state: 'detached' });
  await note('The importer runs at night').waitFor();

  const { message } = await scene.bo.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'The key is under the mat.' });
  const kept = await scene.bo.http.notes.save.mutate({ roomId, text: 'The key is under the mat.', messageId: message!.id });
  await note('The key is under the mat.').getByText('Bo').waitFor();
  await picture('notes');
  await note('The key is under the mat.')
    .getByRole('link', { name: /From a message/ })
    .click();
  await expect.poll(() => new URL(page.url()).hash).toBe(`#message-${message!.id}`);

  // Somebody else changes the note while its dialog is open: neither text is lost.
  await openNotes();
  await note('The key is under the mat.').getByRole('button', { name: 'Edit note 2' }).click();
  await dialog().getByRole('textbox', { name: 'Note' }).fill('The key is in the pot');
  await scene.bo.http.notes.save.mutate({ roomId, noteId: kept.id, text: 'The key is on the hook', version: kept.rev });
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().getByText('It was changed since you read it.').waitFor();
  await dialog().getByText('The key is on the hook').waitFor();
  await picture('overtaken');
  await dialog().getByRole('button', { name: 'Replace it' }).click();
  await dialog().waitFor({ state: 'detached' });
  await note('The key is in the pot')
    .getByText(/Changed by/)
    .waitFor();

  await scene.bo.http.messages.hideFromAi.mutate({ messageId: message!.id, on: true });
  await note('The key is in the pot')
    .getByText(/Its message is hidden from AI/)
    .waitFor();
  await note('The importer runs at night').getByRole('button', { name: 'Remove note 1' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await note('The importer runs at night').waitFor({ state: 'detached' });
  expect((await scene.bo.http.notes.list.query({ roomId })).map(({ text }) => text)).toEqual(['The key is in the pot']);
});

test('/remember keeps the message that it answers, and deleting that message offers to remove the note; on a narrow page too', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await box().fill('We meet at noon.');
  await box().press('Enter');
  await row('We meet at noon.').waitFor();
  await (await rowActions(row('We meet at noon.'))).getByRole('button', { name: 'Reply' }).click();
  await box().pressSequentially('/rem');
  await page.getByRole('option', { name: /^\/remember/ }).waitFor();
  await box().fill('/remember');
  await page.getByRole('button', { name: 'Send' }).click();
  await page
    .getByRole('article', { name: /Only you see this/ })
    .getByText('as note 3: We meet at noon.')
    .waitFor();
  await openNotes();
  await note('We meet at noon.').scrollIntoViewIfNeeded();
  await picture('narrow');
  await panel().getByRole('button', { name: 'Close' }).click();

  await (await rowActions(row(/^(?!.*as note).*We meet at noon\./).first())).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const confirm = page.getByRole('dialog');
  await confirm.getByRole('checkbox', { name: 'Remove the note from it too' }).waitFor();
  await picture('delete');
  await confirm.getByRole('button', { name: 'Delete' }).click();
  await confirm.waitFor({ state: 'detached' });
  await expect.poll(async () => (await scene.bo.http.notes.list.query({ roomId })).map(({ number }) => number)).toEqual([2]);
});

test('why an answer is as it is names the notes that were given', async () => {
  await page.setViewportSize({ width: 1280, height: 800 });
  const { notes } = scene.bo.http;
  // The built-in model weighs words against what else is said.
  for (const content of ['Lunch is at noon today.', 'The ferry was late again.', 'Who has the big ladder?'])
    await scene.bo.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  const { id, number } = await notes.save.mutate({ roomId, text: 'Zebras live in the cellar' });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await box().fill('/ask Where do zebras live?');
  await box().press('Enter');
  await row(/This note fits best/)
    .getByText(`note ${number} of this room, `)
    .waitFor();
  const [answer] = (await scene.bo.http.messages.list.query({ roomId, limit: 1 })).items;
  await expect.poll(async () => (await scene.bo.http.messages.get.query({ messageId: answer!.id })).status).toBe('complete');
  expect((await scene.bo.http.replies.receipt.query({ messageId: answer!.id })).notes).toContain(id);
  await (await rowActions(row(/This note fits best/))).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  await why.getByText('Zebras live in the cellar').waitFor();
  await picture('why');
  await notes.remove.mutate({ roomId, noteId: id });
});
