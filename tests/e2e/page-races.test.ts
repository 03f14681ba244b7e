import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import type { Person } from './harness/person.js';
import { rowActions } from './harness/row-actions.js';
import { slowLine, type SlowLine } from './harness/slow-line.js';
import { gate, words } from '@parley/model-server';

let scene: PageScene;
let cluster: PageScene['cluster'];
let url: PageScene['url'];
let browser: PageScene['browser'];
let page: PageScene['page'];
let ann: PageScene['ann'];
let bo: PageScene['bo'];
let line: SlowLine;

beforeAll(async () => {
  scene = await startPageScene(async (opened) => {
    line = await slowLine(opened);
  });
  ({ cluster, url, browser, page, ann, bo } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const log = () => page.getByRole('log', { name: 'Messages' });
const nav = () => page.getByRole('navigation', { name: 'Rooms' });
const box = () => page.getByRole('textbox', { name: 'Message' });
const editor = () => page.getByRole('textbox', { name: 'Edit message' });
const dialog = () => page.getByRole('dialog');
const row = (text: string) => log().getByRole('article').filter({ hasText: text });
const place = () => new URL(page.url()).pathname;

/** Waits until the page has handled everything that it was just told. */
const quiet = () =>
  page.evaluate(
    () => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(done))), 50)),
  );
/** Errors of the page so far, but for those that a refused or cut call logs by itself. */
const errors = () => browser.errors.splice(0).filter((text) => !/401|Failed to load resource/.test(text));

async function write(who: Person, roomId: string, content: string): Promise<string> {
  const { message } = await who.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  return message!.id;
}

/** A room of bo's; public, or with ann in it. */
async function roomOfBo(name: string, withAnn: boolean): Promise<string> {
  const { id: roomId } = await bo.socket.rooms.create.mutate({ name, visibility: 'public' });
  if (withAnn) await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  return roomId;
}

async function open(roomId: string): Promise<void> {
  await page.goto(`${url}/rooms/${roomId}`);
  await box().waitFor();
}

async function choose(text: string, item: string): Promise<void> {
  const wanted = page.getByRole('menuitem', { name: item });
  // A row that moves on while others write takes its open menu with it.
  await expect
    .poll(async () => {
      if (!(await wanted.isVisible())) await (await rowActions(row(text))).getByRole('button', { name: 'More' }).click();
      return wanted.click({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
    })
    .toBe(true);
}

async function signOut(): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).first().click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}

async function comeIn(username: string, how: 'Sign in' | 'Create account'): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(`password of ${username}`);
  await page.getByRole('button', { name: how }).click();
  await nav().waitFor();
}

test('an answer that is late calls nobody back from where they went meanwhile', async () => {
  const roomId = await roomOfBo('garden', false);
  await page.goto(`${url}/browse`);
  const join = line.hold('rooms.join');
  await page.getByRole('button', { name: 'Join garden' }).click();
  await join.asked;
  await nav().getByText('Lobby').click();
  await box().fill('half a sentence');
  const lobby = place();
  join.open();
  await join.answered;
  await quiet();
  expect(place()).toBe(lobby);

  // A dialog that was closed takes the person nowhere either.
  const direct = line.hold('rooms.direct');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Jump to' }).fill('bo');
  await page.getByRole('option', { name: /@bo/ }).click();
  await direct.asked;
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  direct.open();
  await direct.answered;
  await quiet();
  expect(place()).toBe(lobby);

  await open(roomId);
  const leave = line.hold('rooms.leave');
  await page.getByRole('button', { name: 'Room settings' }).click();
  await page.getByRole('button', { name: 'Leave room' }).click();
  await page.getByText('You are no longer in this room.').waitFor();
  await nav().getByRole('link', { name: 'Characters' }).click();
  await page.getByRole('button', { name: 'New character' }).waitFor();
  leave.open();
  await leave.answered;
  await quiet();
  expect(place()).toBe('/characters');
  expect(errors()).toEqual([]);
});

test('who leaves a room is not brought back to it by a list of rooms that does not know yet', async () => {
  const roomId = await roomOfBo('lair', true);
  await open(roomId);
  await nav().getByText('lair').waitFor();
  const list = line.holdEvents(/"type":"room".*"mine":null/);
  await page.getByRole('button', { name: 'Room settings' }).click();
  await page.getByRole('button', { name: 'Leave room' }).click();
  await box().waitFor();
  expect(place()).not.toBe(`/rooms/${roomId}`);
  list.open();
  await nav().getByText('lair').waitFor({ state: 'detached' });
  await box().waitFor();
});

test('what is being written in a message is there until it is saved or given up', async () => {
  const [roomId, closed] = await Promise.all([roomOfBo('busy', true), roomOfBo('closed', false)]);
  await write(ann, roomId, 'the first line');
  await write(ann, roomId, 'the second line');
  await page.goto(`${url}/rooms/${closed}`);
  const join = line.hold('rooms.join');
  await page.getByRole('button', { name: 'Join room' }).click();
  await join.asked;
  await nav().getByText('busy').click();

  // The edit is saved once, and its answer closes no other editor.
  const edit = line.hold('messages.edit');
  await choose('the first line', 'Edit');
  await editor().fill('the first line, mended');
  await editor().press('Enter');
  await editor().press('Enter');
  await edit.asked;
  await choose('the second line', 'Edit');
  await expect.poll(() => editor().inputValue()).toBe('the second line');
  await editor().fill('the second line, half');
  edit.open();
  await edit.answered;
  await row('the first line, mended').waitFor();
  await quiet();
  expect(edit.calls()).toBe(1);
  expect(await editor().inputValue()).toBe('the second line, half');

  // The answer of another room comes late.
  join.open();
  await join.answered;
  await quiet();
  expect(await editor().inputValue()).toBe('the second line, half');

  // Other messages push the editor's row out of view.
  await Promise.all(Array.from({ length: 50 }, () => write(bo, roomId, 'noise')));
  await write(bo, roomId, 'noise 50.');
  await row('noise 50.').waitFor();
  await quiet();
  await page.keyboard.type(' mended');
  expect(await editor().inputValue()).toBe('the second line, half mended');

  // The person looks something up elsewhere.
  await nav().getByText('Lobby').click();
  await editor().waitFor({ state: 'detached' });
  await page.goBack();
  await row('noise 50.').waitFor();
  await expect
    .poll(async () => {
      await log().press('Home');
      return row('the second line').count();
    })
    .toBe(1);
  await choose('the second line', 'Edit');
  await expect.poll(() => editor().inputValue()).toBe('the second line, half mended');
  await editor().press('Enter');
  await editor().waitFor({ state: 'detached' });
  expect(await ann.http.messages.search.query({ query: '"half mended"', roomId })).toMatchObject({
    items: [{ content: 'the second line, half mended' }],
  });
  expect(errors()).toEqual([]);
});

test('a question stays on the screen while others write; what is deleted meanwhile is neither edited nor quoted', async () => {
  const roomId = await roomOfBo('slips', true);
  const [mine, slip] = [await write(ann, roomId, 'to be taken back'), await write(bo, roomId, 'a slip of the tongue')];
  await open(roomId);
  await (await rowActions(row('a slip'))).getByRole('button', { name: 'Reply', exact: true }).click();
  await page.getByRole('button', { name: 'Do not reply' }).waitFor();
  await choose('to be taken back', 'Edit');
  await editor().fill('half');
  await Promise.all([mine, slip].map((messageId) => bo.socket.messages.delete.mutate({ messageId })));
  await editor().waitFor({ state: 'detached' });
  await expect.poll(() => page.getByText('a slip of the tongue').count()).toBe(0);
  // The focus goes to the box, where writing goes on with what was written.
  await expect.poll(() => box().inputValue()).toBe('half');
  await page.getByText('What you were writing is in the box below.').waitFor();
  await expect.poll(() => box().evaluate((element) => element === document.activeElement)).toBe(true);

  await write(ann, roomId, 'to be deleted');
  await choose('to be deleted', 'Delete…');
  await dialog().waitFor();
  await Promise.all(Array.from({ length: 50 }, () => write(bo, roomId, 'noise')));
  await write(bo, roomId, 'noise 50.');
  await page.locator('article').filter({ hasText: 'noise 50.' }).waitFor();
  await quiet();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await dialog().waitFor({ state: 'detached' });
  await expect.poll(async () => (await ann.http.messages.search.query({ query: 'deleted', roomId })).items).toEqual([]);
});

test('a place far back that comes late does not take one away from what was sent meanwhile', async () => {
  const roomId = await roomOfBo('long', true);
  const messageId = await write(bo, roomId, 'the very beginning');
  await Promise.all(Array.from({ length: 150 }, () => write(bo, roomId, 'an entry')));
  await write(bo, roomId, 'entry 150.');
  await bo.socket.messages.pin.mutate({ messageId, on: true });
  await open(roomId);
  await row('entry 150.').waitFor();
  const list = line.hold('messages.list');
  await page.getByRole('button', { name: 'Pinned messages' }).click();
  const pin = page.getByRole('complementary').getByRole('link', { name: /the very beginning/ });
  await pin.click();
  await list.asked;
  await box().fill('written meanwhile');
  await page.getByRole('button', { name: 'Send' }).click();
  await row('written meanwhile').waitFor();
  list.open();
  await list.answered;
  await quiet();
  expect(await row('written meanwhile').count()).toBe(1);
  // Asked for again, the pinned message is shown, as often as the person likes.
  for (let times = 0; times < 2; times++) {
    await pin.click();
    await row('the very beginning').waitFor();
    await page.getByRole('button', { name: 'Latest messages' }).click();
    await row('written meanwhile').waitFor();
  }
});

test('what is typed about a character is not replaced by what the server says of it meanwhile', async () => {
  await ann.socket.characters.create.mutate({ handle: 'nina', name: 'Nina', systemPrompt: 'You are Nina.' });
  await page.goto(`${url}/characters`);
  const tagline = dialog().getByLabel('Tagline');
  const edit = page.getByRole('button', { name: 'Edit Nina' });
  await edit.click();
  await tagline.fill('half a thought');
  await browser.context.setOffline(true);
  await browser.context.setOffline(false);
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await quiet();
  expect(await tagline.inputValue()).toBe('half a thought');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Discard' }).click();
  await dialog().waitFor({ state: 'detached' });

  // Opened again, the dialog asks for the character anew, and shows it once the answer is there.
  const get = line.hold('characters.get');
  await edit.click();
  await get.asked;
  expect(await tagline.count()).toBe(0);
  get.open();
  await tagline.waitFor();
});

test('a search calls nobody back, and gives way to the next', async () => {
  const code = gate();
  await page.route(/\/assets\/browse-rooms-.*\.js/, async (route) => {
    await code.opened;
    await route.continue();
  });
  await page.goto(`${url}/search?q=lighthouse`);
  const field = page.getByRole('searchbox');
  await field.waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Jump to' }).fill('harbour');
  await page.getByRole('option', { name: 'Messages with “harbour”' }).click();
  await expect.poll(() => field.inputValue()).toBe('harbour');

  const search = line.hold('messages.search');
  await field.fill('ferry');
  // Click at once, before the search is asked for.
  await page.locator('a[href="/browse"]').dispatchEvent('click');
  await search.asked;
  await quiet();
  code.open();
  await page.getByRole('heading', { name: 'Browse rooms' }).waitFor();
  expect(place()).toBe('/browse');
  search.open();
});

test('a room that comes while something is typed in a dialog leaves the keys there', async () => {
  const roomId = await roomOfBo('slow', true);
  const late = [line.hold('inbox.events'), line.hold('rooms.get')];
  await page.goto(`${url}/rooms/${roomId}`);
  await late[1]!.asked;
  await nav().getByRole('button', { name: 'New room' }).click();
  const name = dialog().getByLabel('Name');
  await name.pressSequentially('my ro');
  for (const each of late) each.open();
  await page.locator('textarea[aria-label=Message]').waitFor();
  await quiet();
  await page.keyboard.type('om');
  expect(await name.inputValue()).toBe('my room');
});

test('pressed twice it is written again once; muted is shown as muted', async () => {
  cluster.model.script(() => ({ steps: words('Yes.') }));
  const { id: roomId } = await ann.socket.rooms.create.mutate({ name: 'quiet', visibility: 'private' });
  await write(ann, roomId, '/ask is it so?');
  await open(roomId);
  const again = line.hold('replies.regenerate');
  await (await rowActions(row('Yes.'))).getByRole('button', { name: 'Write again' }).dblclick();
  await again.asked;
  again.open();
  await again.answered;
  await row('Yes.').getByText('2 of 2').waitFor();
  expect(again.calls()).toBe(1);
  expect(await page.getByRole('alert').count()).toBe(0);

  const settings = page.getByRole('button', { name: 'Room settings' });
  await settings.click();
  await page.getByRole('switch', { name: 'Mute' }).click();
  await expect.poll(async () => (await ann.http.rooms.get.query({ roomId })).mine.muted).toBe(true);
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  await settings.click();
  await expect.poll(() => page.getByRole('switch', { name: 'Mute', checked: true }).count()).toBe(1);
});

test('a page that holds what is not sent yet asks before it is closed', async () => {
  const roomId = await roomOfBo('tunnel', true);
  await open(roomId);
  const send = line.hold('messages.send');
  const seen = line.holdEvents(/in the tunnel/);
  await box().fill('in the tunnel');
  await box().press('Enter');
  await send.asked;
  const asked = page.waitForEvent('dialog');
  await page.evaluate(() => setTimeout(() => location.reload()));
  expect((await asked).type()).toBe('beforeunload');
  await (await asked).dismiss();
  seen.open();
  send.open();
  await expect.poll(() => row('in the tunnel').getAttribute('aria-busy')).toBe(null);
  await page.reload();
  await row('in the tunnel').waitFor();
});

test('code that does not come is asked for again while the page goes on; where the server was renewed the page says so', async () => {
  const roomId = await roomOfBo('dark', true);
  await write(bo, roomId, 'before the tunnel');
  await open(roomId);
  const cut = /\/assets\/(message-toolbar|settings)-(?!menu).*\.js/;
  await page.route(cut, (route) => route.abort());
  const [failed] = await Promise.all([page.waitForEvent('requestfailed'), row('before the tunnel').hover()]);
  expect(failed.url()).toMatch(cut);
  await quiet();
  await box().fill('goes on');
  await page.evaluate(() => Object.assign(window, { same: true }));
  await page.getByRole('button', { name: 'Settings' }).first().click();
  const refused = page.waitForEvent('requestfailed');
  await page.getByRole('menuitem', { name: 'All settings' }).click();
  await refused;
  await quiet();
  await page.unroute(cut);
  await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
  // The page is still the same: it was not reloaded.
  expect(await page.evaluate(() => 'same' in window)).toBe(true);

  await page.route(/\/assets\/browse-rooms-.*\.js/, (route) => route.fulfill({ status: 404 }));
  await page.route(`${url}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/assets/index-renewed.js"></script>' }),
  );
  await page.goto(`${url}/settings`);
  await page.locator('a[href="/browse"]').click();
  await page.getByText('A part of it could not be loaded.').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.getByRole('heading', { name: 'Browse rooms' }).waitFor();
  errors();
});

test('nothing of who signed out is left to who signs in next; a link is followed through sign-in', async () => {
  let signOuts = 0;
  const answer = gate();
  await page.route(/auth\.logout/, async (route) => {
    signOuts++;
    await answer.opened;
    await route.continue();
  });
  await page.goto(url);
  await nav().getByText('Lobby').click();
  await box().fill('a thought of ann');
  await page.goto(`${url}/search?q=secret`);
  await page.getByRole('searchbox').waitFor();
  await signOut();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  answer.open();
  await comeIn('cy', 'Create account');
  expect(page.url()).not.toContain('secret');
  await nav().getByText('Lobby').click();
  expect(await box().inputValue()).toBe('');
  expect(signOuts).toBe(1);
  await signOut();

  const lobby = (await ann.http.rooms.browse.query()).find(({ name }) => name === 'Lobby');
  const link = `/rooms/${lobby!.id}?at=1#message-${randomUUID()}`;
  await page.goto(`${url}${link}`);
  await page.getByLabel('Username').waitFor();
  const known = gate();
  await page.route(/auth\.refresh/, async (route) => {
    await known.opened;
    await route.continue();
  });
  // As long as it is not known whether someone is signed in, the page says that it opens.
  await page.reload();
  await page.getByRole('status', { name: 'Opening Parley' }).waitFor();
  known.open();
  await comeIn('ann', 'Sign in');
  expect(page.url()).toBe(`${url}${link}`);
  expect(await box().inputValue()).toBe('a thought of ann');
});
