import { randomUUID } from 'node:crypto';
import { gate } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { picture } from './harness/page-layout.js';
import { rowActions } from './harness/row-actions.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';

let scene: PageScene;
let page: PageScene['page'];

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

test('a character that was given tools shows what it does with them, and what it found, by keyboard too', async () => {
  const { ann, bo, url, cluster } = scene;
  await page.goto(`${url}/characters`);
  await page.getByRole('button', { name: 'New character' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('Scout');
  await dialog.getByRole('textbox', { name: 'Who it is and how it answers' }).fill('You find things.');
  await dialog.getByRole('checkbox', { name: 'Search the room' }).check();
  await dialog.getByRole('checkbox', { name: 'Read messages' }).check();
  await dialog.getByText('Tools (optional)').scrollIntoViewIfNeeded();
  await picture(page, 'tools-form');
  await dialog.getByRole('button', { name: 'Create character' }).click();
  await page.getByRole('heading', { name: 'Scout' }).waitFor();
  const scout = (await ann.socket.characters.list.query()).find(({ character }) => character.handle === 'scout')!.character;

  const { id: roomId } = await ann.socket.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
  await ann.socket.rooms.addMember.mutate({ roomId, username: 'bo' });
  await ann.socket.rooms.addCharacter.mutate({ roomId, characterId: scout.id });
  const say = (content: string) => bo.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  await say('The importer moves at four.');
  await say('Who feeds the importer on Sunday?');
  const door = gate();
  cluster.model.script(({ turns }) => {
    const given = turns.filter(({ role }) => role === 'tool').length;
    if (given === 0) return { steps: [{ call: { name: 'search_room', arguments: { query: 'importer' } } }] };
    if (given === 1) return { steps: [{ call: { name: 'read_messages', arguments: { from: 'someday' } } }] };
    return {
      steps: (async function* () {
        yield { until: door.opened };
        yield 'It moves at four [#1].';
      })(),
    };
  });
  await page.goto(`${url}/rooms/${roomId}`);
  await say('@scout when does it move?');
  const log = page.getByRole('log', { name: 'Messages' });
  const steps = log.getByRole('list', { name: 'Tools' });
  await steps.getByText('Searched the room for “importer”').waitFor();
  await steps.getByText('· 2 found').waitFor();
  await steps.getByText('· failed').waitFor();
  await picture(page, 'tools-running');
  door.open();
  await log.getByText('It moves at four').waitFor();

  const folded = steps.locator('summary').first();
  await folded.focus();
  await page.keyboard.press('Enter');
  await steps.getByText('Who feeds the importer on Sunday?').waitFor();
  await steps.getByText('cited').waitFor();
  await picture(page, 'tools-open');
  await steps.locator('summary').nth(1).click();
  await steps.getByText('Give from and to as ISO 8601').waitFor();

  const answer = log.getByRole('article').filter({ hasText: 'It moves at four' });
  await (await rowActions(answer)).getByRole('button', { name: /^More/ }).click();
  await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  await why.getByText('It called 2 tools').waitFor();
  await why.getByText('Searched the room for “importer”').click();
  await why.getByText('The importer moves at four.').first().waitFor();
  await picture(page, 'tools-why');
  const { items } = await ann.socket.messages.list.query({ roomId, limit: 1 });
  expect(items[0]!.reply!.tools).toEqual([
    { callId: '0.0', tool: 'search_room', asked: 'importer', state: 'done', found: 2 },
    { callId: '1.0', tool: 'read_messages', asked: 'from someday', state: 'failed', found: null },
  ]);
});
