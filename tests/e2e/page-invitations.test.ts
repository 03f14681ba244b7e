import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser, type Browser } from './harness/browser.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';

/** Whose room it is, in a page of their own. */
let host: Browser;
let scene: PageScene;

beforeAll(async () => {
  [scene, host] = await Promise.all([startPageScene(), openBrowser()]);
  await createAccount(host.page, scene.url, 'hal');
});
afterAll(() => Promise.all([host, scene].map((each) => each?.[Symbol.asyncDispose]())));

const list = ({ page }: Pick<Browser, 'page'>) => page.getByRole('navigation', { name: 'Rooms' });
const invitations = () => list(scene).getByRole('list', { name: 'Invitations' });
const log = () => scene.page.getByRole('log', { name: 'Messages' });

/** In the host's page: looks ann up in the dialog that adds people, and presses her button. */
async function addAnn(): Promise<void> {
  const { page } = host;
  const dialog = page.getByRole('dialog');
  if (!(await dialog.isVisible())) await page.getByRole('button', { name: 'Add people and characters' }).click();
  await dialog.getByLabel('Name of a person or a character').fill('ann');
  await dialog.getByRole('button', { name: 'Add ann' }).click();
}

async function makeRoom(name: string): Promise<void> {
  const { page } = host;
  await list(host).getByRole('button', { name: 'New room' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByText('Private', { exact: true }).click();
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await list(host).getByRole('link', { name }).waitFor();
}

test('who left a room is invited: joins by one press, or declines and is left alone', async () => {
  const { page } = scene;
  await makeRoom('attic');
  await addAnn();
  await list(scene).getByRole('link', { name: 'attic' }).waitFor();
  const { room } = (await scene.ann.socket.rooms.list.query()).find(({ room: { name } }) => name === 'attic')!;
  await scene.ann.socket.rooms.leave.mutate({ roomId: room.id });
  await expect.poll(() => list(scene).getByRole('link', { name: 'attic' }).count()).toBe(0);

  // The inviter is told what became of it, and cannot ask again.
  await addAnn();
  const dialog = host.page.getByRole('dialog');
  await dialog.getByText('ann left this room, so they are invited and can join again.').waitFor();
  expect(await dialog.getByRole('button', { name: 'Add ann' }).count()).toBe(0);

  // Who is invited sees the name and the inviter, and is still no member.
  await expect.poll(() => invitations().getByRole('listitem').allInnerTexts()).toEqual([expect.stringMatching(/attic\s+hal invites you/)]);
  await expect(scene.ann.socket.rooms.get.query({ roomId: room.id })).rejects.toMatchObject({ data: { appCode: 'ROOM_NOT_FOUND' } });
  await invitations().getByRole('button', { name: 'Join attic' }).click();
  await page.waitForURL(`**/rooms/${room.id}`);
  await log().getByText('ann joined.').waitFor();
  expect(await log().getByText('ann left.').count()).toBe(0);
  expect(await invitations().count()).toBe(0);
  await dialog.getByText('in the room').first().waitFor();

  // Once more, while ann is elsewhere in the page; and she says no.
  await list(scene).getByRole('link', { name: 'Lobby' }).click();
  await scene.ann.socket.rooms.leave.mutate({ roomId: room.id });
  await host.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await addAnn();
  // Taken back and made again by whoever invites; then ann says no.
  await invitations().getByRole('button', { name: 'Join attic' }).waitFor();
  await dialog.getByRole('button', { name: 'Withdraw the invitation of ann' }).click();
  await expect.poll(() => invitations().count()).toBe(0);
  await addAnn();
  await invitations().getByRole('button', { name: 'Decline the invitation to attic' }).click();
  await expect.poll(() => invitations().count()).toBe(0);
  await host.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await addAnn();
  await dialog.getByRole('alert').filter({ hasText: 'They declined an invitation to this room.' }).waitFor();
  expect(await invitations().count()).toBe(0);
  expect([...scene.browser.errors, ...host.errors].filter((text) => !/Failed to load resource/.test(text))).toEqual([]);
});

test('an invitation goes with whoever made it', async () => {
  const { id: roomId } = await scene.bo.socket.rooms.create.mutate({ name: 'cellar', visibility: 'private' });
  await scene.bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  await scene.bo.socket.rooms.addMember.mutate({ roomId, username: 'hal' });
  await scene.bo.socket.rooms.setRole.mutate({ roomId, username: 'hal', role: 'owner' });
  await scene.ann.socket.rooms.leave.mutate({ roomId });
  await scene.bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  await invitations().getByRole('button', { name: 'Join cellar' }).waitFor();
  await scene.bo.socket.rooms.leave.mutate({ roomId });
  await expect.poll(() => invitations().count()).toBe(0);
});
