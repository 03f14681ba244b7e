import { randomUUID } from 'node:crypto';
import { words } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { picture } from './harness/page-layout.js';
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

test('notes are written, changed and removed in the panel, and others’ changes show at once', async () => {
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await openNotes();
  await panel().getByText('Nothing is noted yet').waitFor();
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
  // Behind an open dialog no note is found by its role.
  await page.getByRole('alertdialog').or(dialog()).waitFor({ state: 'detached' });
  await note('The importer runs at night').waitFor({ state: 'detached' });
  await expect
    .poll(async () => (await scene.bo.http.notes.list.query({ roomId })).map(({ text }) => text))
    .toEqual(['The key is in the pot']);
});

test('Why this answer? names the notes that it was given, and those alone; /forget offers them', async () => {
  const save = (text: string) => scene.bo.http.notes.save.mutate({ roomId, text });
  const [given, removed] = [await save('The ferry leaves at seven'), await save('Tickets are with Ann')];
  scene.cluster.model.script(() => ({ steps: words('At seven.') }));
  await scene.bo.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@ada when does it leave?' });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await row('At seven.').waitFor();
  await scene.bo.http.notes.remove.mutate({ roomId, noteId: removed.id });
  await save('Written after the answer');
  await (await rowActions(row('At seven.'))).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  // By the keyboard alone.
  await why.locator('summary').filter({ hasText: 'Notes of the room' }).focus();
  await page.keyboard.press('Enter');
  await why.getByText('The ferry leaves at seven').waitFor();
  expect(await why.getByText(/Tickets are|Written after/).count()).toBe(0);
  await picture(page, 'why-notes');
  await why.getByRole('button', { name: 'Close' }).click();

  await box().pressSequentially('/forget ferry');
  await page.getByRole('option', { name: /The ferry leaves at seven/ }).waitFor();
  await picture(page, 'forget');
  await box().press('Enter');
  expect(await box().inputValue()).toBe(`/forget ${given.number} `);
  await box().press('Enter');
  await expect
    .poll(async () => (await scene.bo.http.notes.list.query({ roomId })).map(({ text }) => text))
    .not.toContain('The ferry leaves at seven');
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
    .getByText('as note 6: We meet at noon.')
    .waitFor();
  await openNotes();
  await note('We meet at noon.').scrollIntoViewIfNeeded();
  await panel().getByRole('button', { name: 'Close' }).click();

  await (await rowActions(row(/^(?!.*as note).*We meet at noon\./).first())).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const confirm = page.getByRole('dialog');
  await confirm.getByRole('checkbox', { name: 'Remove the note from it too' }).waitFor();
  await confirm.getByRole('button', { name: 'Delete' }).click();
  await confirm.waitFor({ state: 'detached' });
  await expect.poll(async () => (await scene.bo.http.notes.list.query({ roomId })).map(({ number }) => number)).toEqual([2, 5]);
});
