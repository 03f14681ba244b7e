import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { runningOut } from './harness/page-layout.js';
import { gate, words } from '@parley/model-server';

let scene: PageScene;
let page: PageScene['page'];
let ann: PageScene['ann'];
let bo: PageScene['bo'];

beforeAll(async () => {
  scene = await startPageScene();
  ({ page, ann, bo } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const log = (of: Page) => of.getByRole('log', { name: 'Messages' });
const say = (by: PageScene['bo'], roomId: string, content: string) =>
  by.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });

/** A room of ann's with bo in it. */
async function sharedRoom(name: string): Promise<string> {
  const { id: roomId } = await ann.socket.rooms.create.mutate({ name, visibility: 'private' });
  await ann.socket.rooms.addMember.mutate({ roomId, username: 'bo' });
  return roomId;
}

/** With PICTURES set, the page as it is, at both widths and in both themes, is kept there. */
async function picture(name: string): Promise<void> {
  const folder = process.env['PICTURES'];
  for (const [width, height] of [
    [1280, 800],
    [390, 780],
  ] as const) {
    await page.setViewportSize({ width, height });
    expect(await runningOut(page)).toEqual([]);
    if (!folder) continue;
    mkdirSync(folder, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
    }
    await page.emulateMedia({ colorScheme: 'light' });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('a moderator pauses the AI of a room: what is written stops, the page says so, and the same person resumes it', async () => {
  const roomId = await sharedRoom('Pause');
  const door = gate();
  scene.cluster.model.script(() => ({
    steps: (async function* () {
      yield* words('Ada begins');
      yield { until: door.opened };
      yield* words(' and ends.');
    })(),
  }));
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await say(bo, roomId, '@ada tell us all');
  await log(page).getByText('Ada begins').waitFor();

  const settings = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Room settings' }).click();
  await settings.getByRole('button', { name: 'Pause AI' }).click();
  await settings.getByRole('button', { name: 'Resume AI' }).waitFor();
  await page.keyboard.press('Escape');
  await settings.waitFor({ state: 'detached' });
  await page.getByText('AI is paused in this room').waitFor();
  await log(page).getByText('ann paused AI here.').waitFor();
  await log(page).getByText('stopped by ann').waitFor();
  await expect(say(bo, roomId, '/summary')).rejects.toMatchObject({ data: { appCode: 'ROOM_AI_PAUSED' } });
  await say(bo, roomId, '@ada are you there?');
  await log(page).getByText('AI is paused in this room. Try again').waitFor();
  await picture('paused');

  const resume = page.getByRole('button', { name: 'Resume AI' });
  await resume.focus();
  await page.keyboard.press('Enter');
  await resume.waitFor({ state: 'detached' });
  await log(page).getByText('ann resumed AI here.').waitFor();
  door.open();
  await say(bo, roomId, '@ada and now?');
  await log(page).getByText('Ada begins and ends.').waitFor();
});
