import { randomUUID } from 'node:crypto';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runningOut } from './harness/page-layout.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { register } from './harness/person.js';
import { rowActions } from './harness/row-actions.js';
import { gate } from '@parley/model-server';

let scene: PageScene;
let page: PageScene['page'];
let url: string;
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene();
  ({ page, url } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());
afterEach(() => page.setViewportSize({ width: 1280, height: 860 }));

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
  await row('What shall it be?').first().waitFor();
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

test('what a command takes next is offered behind it, by keys and by mouse, and Enter sends what is whole', async () => {
  const options = () => page.getByRole('listbox', { name: 'What may follow' }).getByRole('option');
  await box().pressSequentially('/summary ');
  await expect.poll(() => options().count()).toBe(7);
  await box().press('ArrowDown');
  await box().press('Enter');
  expect(await box().inputValue()).toBe('/summary unread ');
  await options().filter({ hasText: 'private' }).click();
  expect(await box().inputValue()).toBe('/summary unread private ');
  await options().first().waitFor({ state: 'detached' });
  await box().fill('/translate ger');
  await options().filter({ hasText: 'Deutsch' }).waitFor();
  await box().press('Tab');
  expect(await box().inputValue()).toBe('/translate German ');
  // The first choice is to send it as it is.
  await options().first().waitFor();
  await box().press('Enter');
  await row('/translate German').waitFor();
  await box().fill('/summary since nowhere');
  await box().press('Enter');
  await page.getByText('After “since”, /summary takes the link of a message').waitFor();
  expect(await box().inputValue()).toBe('/summary since nowhere');
  await box().fill('');
});

test('Enter before the first list is there waits for it; what is typed on, or a second Enter, does not', async () => {
  for (const [typed, chosen] of [
    ['/su', '/summary '],
    ['ask @b', 'ask @bo '],
  ] as const) {
    const code = gate();
    await page.route(/\/assets\/completion-help-.*\.js/, async (route) => {
      await code.opened;
      await route.continue();
    });
    await page.reload();
    await box().fill(typed);
    await box().press('Enter');
    expect(await box().inputValue()).toBe(typed);
    code.open();
    await expect.poll(() => box().inputValue()).toBe(chosen);
    await page.unrouteAll();
  }
  const never = gate();
  await page.route(/\/assets\/completion-help-.*\.js/, async (route) => {
    await never.opened;
    await route.abort();
  });
  await page.reload();
  await box().fill('mail @bo');
  await box().press('Enter');
  await box().press('Enter');
  await row('mail @bo').waitFor();
  expect(await box().inputValue()).toBe('');
  await box().fill('mail @b');
  await box().press('Enter');
  await page.keyboard.type('ert');
  never.open();
  await box().press('Enter');
  await row('mail @bert').waitFor();
  await page.unrouteAll();
});

test('a command that is sent before it can be checked waits for that: an unknown one stays in the box, a partial one is not completed', async () => {
  const press = {
    Send: () => page.getByRole('button', { name: 'Send' }).click(),
    Enter: () => box().press('Enter'),
  };
  for (const [typed, how, meant] of [
    ['/summry today', 'Send', '/summary'],
    ['/summry today', 'Enter', '/summary'],
    ['/summar', 'Send', '/summary'],
  ] as const) {
    const code = gate();
    await page.route(/\/assets\/(?:completion-help|check-draft)-.*\.js/, async (route) => {
      await code.opened;
      await route.continue();
    });
    await page.reload();
    await box().fill(typed);
    await press[how]();
    expect(await box().inputValue()).toBe(typed);
    code.open();
    const said = page.getByRole('alert').filter({ hasText: `There is no ${typed.split(' ')[0]!}.` });
    await said.getByRole('button', { name: meant }).waitFor();
    expect(await box().inputValue()).toBe(typed);
    await box().fill('');
    await page.unrouteAll();
  }
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

const long = 'W'.repeat(64);

test('long names, words, code and tables run out of no line, dialog or header, however narrow the page', async () => {
  await using cy = await register(url, `w${'w'.repeat(31)}`);
  await cy.socket.users.updateProfile.mutate({ displayName: long, hue: 20 });
  const { ann, bo } = scene;
  await bo.socket.rooms.addMember.mutate({ roomId, username: cy.username });
  await bo.socket.rooms.setRole.mutate({ roomId, username: 'ann', role: 'owner' });
  await ann.socket.rooms.update.mutate({ roomId, name: long, topic: long });
  const {
    character: { id: characterId },
  } = await ann.socket.characters.create.mutate({
    handle: `c${'w'.repeat(31)}`,
    name: `${long.slice(1)}C`,
    tagline: long,
    avatar: { hue: 20, glyph: 'bot' },
    systemPrompt: 'You are long.',
  });
  await ann.socket.rooms.addCharacter.mutate({ roomId, characterId, autoReply: 'always' });
  await ann.socket.rooms.removeCharacter.mutate({ roomId, characterId });
  const send = async (content: string, replyTo?: string) =>
    (await cy.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content, ...(replyTo ? { replyTo } : {}) })).message!.id;
  const columns = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].map((word) => `${word} ${'column'.repeat(4)}`);
  const first = await send(`https://example.org/${'path'.repeat(60)} ${'🦊'.repeat(80)} ${'長い名前'.repeat(40)}`);
  await send(`| ${columns.join(' | ')} |\n|${' --- |'.repeat(8)}\n| ${columns.join(' | ')} |`, first);
  await send(`\`\`\`\nconst x = '${'code '.repeat(80)}';\n\`\`\`\n\n- [${long}${long}](https://example.org/)\n- \`${long}${long}\``);
  await send(`/help${long}${long}`).catch(() => undefined);
  await send('Whatever comes.', await send(`See [this](#message-${first}) and @${cy.username}`));
  await bo.socket.messages.react.mutate({ messageId: first, emoji: '👍', on: true });
  await ann.socket.messages.pin.mutate({ messageId: first, on: true });

  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 860 });
    await page.goto(`${url}/rooms/${roomId}`);
    await row('Whatever comes.').waitFor();
    const table = page.getByRole('group', { name: 'Table' });
    await table.waitFor();
    await page
      .getByRole('button', { name: /In answer to/ })
      .first()
      .waitFor();
    expect(await runningOut(page)).toEqual([]);
    // The table is cut off nowhere: the keyboard scrolls to its end.
    expect(await table.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBeGreaterThan(100);
    await table.focus();
    await page.keyboard.press('End');
    await table.evaluate((element) => element.scrollTo({ left: 1e6 }));
    const end = (await table.getByText('eight').first().boundingBox())!;
    expect(end.x + end.width).toBeLessThanOrEqual(width);

    await (await rowActions(row('this').first())).getByRole('button', { name: 'Reply', exact: true }).click();
    await page.getByRole('button', { name: 'Do not reply' }).waitFor();
    await box().fill('@www');
    await page.getByRole('option', { name: `@${cy.username}` }).waitFor();
    expect(await runningOut(page)).toEqual([]);
    await box().fill('');
    await page.getByRole('button', { name: 'Do not reply' }).click();

    const panel = page.getByRole('complementary', { name: 'About this room' });
    if (!(await panel.isVisible())) await page.getByRole('button', { name: 'People in this room' }).click();
    await panel.getByRole('button', { name: 'Pinned messages' }).click();
    await panel.getByRole('link').first().waitFor();
    expect(await runningOut(page)).toEqual([]);
    await panel.getByRole('button', { name: /WWW/ }).first().click();
    await page.getByRole('menu', { name: /WWW/ }).waitFor();
    expect(await runningOut(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await panel.getByRole('button', { name: 'Add people and characters' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('www');
    await page.getByRole('dialog').getByText(`@${cy.username}`).waitFor();
    await page.getByRole('dialog').getByText('AI · ').last().waitFor();
    expect(await runningOut(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await panel.getByRole('button', { name: 'Room settings' }).click();
    await page.getByRole('dialog', { name: /Settings of/ }).waitFor();
    expect(await runningOut(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.goto(`${url}/search?q=whatever&room=${roomId}`);
    await page
      .getByRole('link', { name: /Whatever comes/ })
      .first()
      .waitFor();
    expect(await runningOut(page)).toEqual([]);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Jump to' }).fill('www');
    await page.getByRole('option').nth(3).waitFor();
    expect(await runningOut(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.goto(`${url}/characters`);
    const edit = page.getByRole('button', { name: `Edit ${long.slice(1)}C` });
    await edit.waitFor();
    expect(await runningOut(page)).toEqual([]);
    await edit.click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog', { name: /Delete W/ }).waitFor();
    expect(await runningOut(page)).toEqual([]);
    await page.goto(url);
    await page.getByRole('navigation', { name: 'Rooms' }).getByText(long).waitFor();
    expect(await runningOut(page)).toEqual([]);
  }
});

test('text from right to left is laid out from there, line by line, and a name of either kind turns nothing around it', async () => {
  await using dana = await register(url, 'dana');
  await dana.socket.users.updateProfile.mutate({ displayName: 'דנה!', hue: 20 });
  const { bo } = scene;
  await bo.socket.rooms.update.mutate({ roomId, name: 'חדר!' });
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'dana' });
  const send = async (content: string) => (await dana.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content })).message!.id;
  const id = await send(
    'שלום @bo!\n\nHello, Dana!\n\n- אחת\n- two\n\n> ציטוט\n\n```\nx = 1\n```\n\n| אחד | שתיים |\n| --- | --- |\n| 3 | 4 |',
  );
  await bo.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Two.', replyTo: id });
  const message = page.locator(`#message-${id}`);
  await message.getByRole('group', { name: 'Table' }).waitFor();
  /** Where the first and the last letter of a text stand, as Chromium lays them out. */
  const letters = (within: typeof message, text: string) =>
    within.evaluate((element, wanted) => {
      const nodes = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
        const at = node.textContent!.indexOf(wanted);
        if (at < 0) continue;
        const [first, last] = [at, at + wanted.length - 1].map((from) => {
          const range = document.createRange();
          range.setStart(node, from);
          range.setEnd(node, from + 1);
          return Math.round(range.getBoundingClientRect().left);
        });
        return { first: first!, last: last! };
      }
      throw new Error(`No ${wanted} here`);
    }, text);
  const area = (await message.locator('.prose-message').boundingBox())!;
  const [left, right] = [area.x, area.x + area.width];
  // Each line begins at its own side, and what closes it stands at its end.
  const hebrew = await letters(message, 'שלום');
  expect(hebrew.first).toBeGreaterThan(right - 20);
  const mention = await letters(message, '@bo');
  expect(mention.first).toBeLessThan(mention.last);
  expect((await letters(message, '!')).first).toBeLessThan(mention.first);
  const english = await letters(message, 'Hello, Dana!');
  expect(Math.abs(english.first - left)).toBeLessThan(3);
  expect(english.last).toBeGreaterThan(english.first);
  // Bullets, the rule of a quote and the columns of a table stand on the side where the text begins; code does not turn.
  const side = (tag: string) => message.locator(tag).evaluate((element) => getComputedStyle(element).direction);
  expect([await side('ul'), await side('blockquote'), await side('table'), await side('pre')]).toEqual(['rtl', 'rtl', 'rtl', 'ltr']);
  expect((await letters(message, 'אחד')).first).toBeGreaterThan((await letters(message, 'שתיים')).first);
  const code = await letters(message, 'x = 1');
  expect(code.first).toBeLessThan(code.last);

  // In a line of the system, and beside other words, only the name itself runs from right to left.
  const line = page.getByRole('log').getByText('bo added דנה!.');
  const [name, stop] = [await letters(line, 'דנה!'), await letters(line, '.')];
  expect(name.first).toBeGreaterThan(name.last);
  expect(stop.first).toBeGreaterThan(name.first);
  for (const place of [page.getByRole('heading', { level: 1 }), page.getByRole('navigation', { name: 'Rooms' }).getByText('חדר!')]) {
    const title = await letters(place, 'חדר!');
    expect(title.first).toBeGreaterThan(title.last);
  }
  const start = await letters(page.getByRole('heading', { name: /^This is the start of/ }), 'חדר!');
  expect(start.first).toBeGreaterThan(start.last);
  const quote = page.getByRole('button', { name: /In answer to/ });
  expect((await letters(quote, 'דנה!')).first).toBeGreaterThan((await letters(quote, 'דנה!')).last);

  await box().fill('שלום!');
  expect(await box().evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
  await box().fill('Hello!');
  expect(await box().evaluate((element) => getComputedStyle(element).direction)).toBe('ltr');
  await box().fill('');
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
});

test('what is typed while a dialog, or an editor that a key opens, is loading for the first time is typed there, and Enter waits for its list', async () => {
  const { bo } = scene;
  const { id: other } = await bo.socket.rooms.create.mutate({ name: 'Zebra crossing', visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId: other, username: 'ann' });
  await page.getByRole('link', { name: /Zebra crossing/ }).waitFor();
  const code = gate();
  const asked = gate();
  await page.route(/\/assets\/(jump-dialog|new-room-dialog|message-editor)-.*\.js/, async (route) => {
    asked.open();
    await code.opened;
    await route.continue();
  });
  await page.reload();
  await box().fill('half a thought');
  await page.getByRole('link', { name: /Zebra crossing/ }).waitFor();
  await page.keyboard.press('Control+k');
  await asked.opened;
  await page.keyboard.type('zebrq');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('a');
  await page.keyboard.press('Enter');
  expect(await box().inputValue()).toBe('half a thought');
  code.open();
  await page.waitForURL(`**/rooms/${other}`);
  await page.goBack();
  await expect.poll(() => box().inputValue()).toBe('half a thought');

  // A person is found by the server: Enter goes to who answers to the typed text, not to what was listed before.
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Jump to' }).waitFor();
  await page.keyboard.type('bo');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'bo', exact: true }).waitFor();
  await page.goto(`${url}/rooms/${roomId}`);
  await box().waitFor();

  // The editor that ArrowUp opens.
  await box().fill('to be mended');
  await box().press('Enter');
  await rowActions(row('to be mended'));
  await page.keyboard.press('ArrowUp');
  await page.keyboard.type(', mended');
  const editor = page.getByRole('textbox', { name: 'Edit message' });
  await expect.poll(() => editor.inputValue()).toBe('to be mended, mended');
  await editor.press('Enter');
  await row('to be mended, mended').waitFor();
  await page.unrouteAll();
});

/** What has the focus, by its name or its text. */
const focused = () =>
  page.evaluate(() => {
    const element = document.activeElement!;
    return element === document.body ? 'nothing' : (element.getAttribute('aria-label') ?? element.textContent);
  });

test('the focus is never lost: after a jump, a new room, a dialog, a deletion, a stop, it is where one goes on', async () => {
  const nav = page.getByRole('navigation', { name: 'Rooms' });
  const dialog = page.getByRole('dialog');
  const menu = page.getByRole('menu');
  const pressOn = async (button: Locator, key = 'Enter') => {
    await button.focus();
    await page.keyboard.press(key);
  };

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Jump to' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Message');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Lobby');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Lobby', exact: true }).waitFor();
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Message');

  await pressOn(nav.getByRole('button', { name: 'New room' }));
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('New room');
  await page.keyboard.press('Enter');
  await dialog.getByLabel('Name').fill(`Den ${randomUUID()}`);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'This is the start of Den' }).waitFor();
  await expect.poll(focused).toBe('Message');
  const den = new URL(page.url()).pathname.split('/').at(-1)!;
  await scene.ann.socket.rooms.addMember.mutate({ roomId: den, username: 'bo' });

  // Dialogs and menus lead back to what opened them.
  const settings = page.getByRole('button', { name: 'Room settings' });
  await pressOn(settings);
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Room settings');
  // A field of this one takes the focus by itself, at once when the code is there already.
  for (let time = 0; time < 2; time++) {
    await pressOn(page.getByRole('button', { name: 'Add people and characters' }));
    await dialog.waitFor();
    await expect.poll(() => dialog.getByLabel('Name of a person').evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expect.poll(focused).toBe('Add people and characters');
  }
  await pressOn(page.getByRole('button', { name: 'Settings', exact: true }));
  await menu.waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('Settings');

  // Up and down go from message to message, from a link in one too, which is where Shift+Tab leads.
  const inFocus = () => page.evaluate(() => document.activeElement?.textContent);
  for (const text of ['the one above', 'see https://example.com/there']) {
    await box().fill(text);
    await box().press('Enter');
    // One that is still on its way holds no focus.
    await expect.poll(() => row(text).getAttribute('aria-label')).toMatch(/^ann, [^,]*$/);
  }
  await box().press('Shift+Tab');
  await expect.poll(inFocus).toBe('https://example.com/there');
  await page.keyboard.press('ArrowUp');
  await expect.poll(inFocus).toContain('the one above');
  await page.keyboard.press('ArrowDown');
  await expect.poll(inFocus).toContain('see https://example.com/there');

  // A message that is deleted keeps its row.
  await box().fill('to be deleted');
  await box().press('Enter');
  await pressOn((await rowActions(row('to be deleted'))).getByRole('button', { name: 'More' }));
  await menu.waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('More');
  await page.keyboard.press('Enter');
  await menu.waitFor();
  await page.getByRole('menuitem', { name: 'Delete…' }).focus();
  await page.keyboard.press('Enter');
  await pressOn(dialog.getByRole('button', { name: 'Delete' }));
  await dialog.waitFor({ state: 'detached' });
  await row('Message deleted').waitFor();
  await expect.poll(focused).toMatch(/^ann, /);

  // A reply that is stopped keeps its row.
  const end = gate();
  scene.cluster.model.script(() => ({ steps: ['Once upon a time', { until: end.opened }] }));
  await box().fill('/ask for a story');
  await box().press('Enter');
  await row('Once upon a time').waitFor();
  await pressOn(row('Once upon a time').getByRole('button', { name: 'Stop' }));
  await row('Once upon a time').getByText('stopped by').waitFor();
  await expect.poll(focused).toMatch(/^Ada, /);
  end.open();

  // An answer that is dismissed leaves the focus to its neighbour.
  await box().fill('/help');
  await box().press('Enter');
  await pressOn(page.getByRole('button', { name: 'Dismiss' }));
  await expect.poll(focused).toMatch(/^Ada, /);

  const panel = page.getByRole('complementary', { name: 'About this room' });
  await pressOn(panel.getByRole('button', { name: /^bo/ }));
  await menu.waitFor();
  await page.getByRole('menuitem', { name: 'Remove from room' }).focus();
  await page.keyboard.press('Enter');
  await panel.getByRole('button', { name: /^bo/ }).waitFor({ state: 'detached' });
  await expect.poll(focused).toMatch(/^(Ada|Pinned messages)/);
  await page.getByRole('button', { name: 'People in this room' }).focus();
  await page.keyboard.press('Enter');
  await panel.waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await pressOn(panel.getByRole('button', { name: 'Close' }));
  await panel.waitFor({ state: 'detached' });
  await expect.poll(focused).toBe('People in this room');

  // Whoever presses on nothing has the focus nowhere, and keeps it so.
  await box().focus();
  await page.getByRole('heading', { name: 'This is the start of Den' }).click();
  await scene.ann.socket.messages.send.mutate({ roomId: den, clientId: randomUUID(), content: 'said meanwhile' });
  await row('said meanwhile').waitFor();
  expect(await focused()).not.toBe('Message');
});

test('columns of a wide table stay readable on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 860 });
  await say(
    `| ${'Month | '.repeat(7)}What came |\n${'| --- '.repeat(8)}|\n| ${'1,204 | '.repeat(7)}The second line opened in April at last |`,
  );
  const cell = row('The second line').getByRole('cell').last();
  await expect.poll(async () => (await cell.boundingBox())?.width).toBeGreaterThan(120);
  expect((await cell.boundingBox())!.height).toBeLessThan(90);
});

test('what a file brought is marked as imported wherever its author is named, and what is said after it is not', async () => {
  const { ann } = scene;
  const exported = await fetch(`${url}/api/rooms/${roomId}/export`, { headers: { authorization: `Bearer ${ann.accessToken}` } });
  const file = { name: 'room.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(await exported.arrayBuffer()) };
  await page.getByRole('button', { name: 'New room' }).click();
  await page.getByLabel('File of an exported room').setInputFiles(file);
  await page.getByText('imported this room').waitFor();
  const brought = page.getByRole('article', { name: /^bo, .+, imported$/ });
  await brought.getByText('imported', { exact: true }).waitFor();
  await brought.hover();
  await brought.getByRole('button', { name: 'Reply' }).click();
  await box().fill('Who asks?');
  await box().press('Enter');
  const answer = row('Who asks?');
  await answer.getByRole('button', { name: /In answer to bo imported What shall it be/ }).waitFor();
  expect(await answer.getAttribute('aria-label')).not.toMatch(/imported/);
  // Beside its own author's name, too, nothing says so: the one mark is in the quote.
  expect(await answer.getByText('imported', { exact: true }).count()).toBe(1);

  await page.goto(`${url}/search?q=shall`);
  await page
    .getByRole('link', { name: /imported/ })
    .first()
    .waitFor();
});

test('a form shows its first wrong field, and is discarded by Escape or a press outside only when one says so', async () => {
  await page.setViewportSize({ width: 390, height: 600 });
  await page.goto(`${url}/characters`);
  await page.getByRole('button', { name: 'New character' }).click();
  const form = page.getByRole('dialog', { name: 'New character' });
  await form.getByLabel('Temperature').fill('warm');
  await form.getByRole('button', { name: 'Create character' }).click();
  const wrong = form.getByLabel('Name', { exact: true });
  await expect.poll(() => wrong.evaluate((element) => element === document.activeElement)).toBe(true);
  const inView = () =>
    wrong.evaluate((element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return document.elementFromPoint(left + width / 2, top + height / 2) === element;
    });
  await expect.poll(inView).toBe(true);
  await wrong.fill('Nina');
  await form.getByLabel('Who it is and how it answers').fill('You are Nina.');
  await form.getByRole('button', { name: 'Create character' }).click();
  await expect.poll(() => form.getByLabel('Temperature').evaluate((element) => element === document.activeElement)).toBe(true);
  // What only the server can tell stands at its field too.
  await form.getByLabel('Temperature').fill('1');
  const handle = form.getByLabel('Handle');
  await handle.fill('ann');
  await form.getByRole('button', { name: 'Create character' }).click();
  await expect.poll(() => handle.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await handle.getAttribute('aria-invalid')).toBe('true');
  expect(await form.getByRole('alert').count()).toBe(0);

  const asked = page.getByRole('dialog', { name: 'Discard what you wrote?' });
  await page.keyboard.press('Escape');
  await asked.waitFor();
  // The question stands below the title of what it is asked about, with a veil between them.
  const title = (await page.getByText('New character', { exact: true }).last().boundingBox())!;
  await expect.poll(async () => (await asked.boundingBox())!.y).toBeGreaterThan(title.y + title.height);
  expect(await form.evaluate((element) => document.elementFromPoint(innerWidth / 2, 30) === element)).toBe(false);
  await page.keyboard.press('Escape');
  await asked.waitFor({ state: 'detached' });
  expect(await wrong.inputValue()).toBe('Nina');
  await page.mouse.click(2, 300);
  await asked.getByRole('button', { name: 'Keep writing' }).click();
  await asked.waitFor({ state: 'detached' });
  expect(await wrong.inputValue()).toBe('Nina');
  await page.keyboard.press('Escape');
  await asked.getByRole('button', { name: 'Discard' }).click();
  await form.waitFor({ state: 'detached' });

  // Nothing was written, so nothing is asked; Cancel means it.
  await page.getByRole('button', { name: 'New character' }).click();
  await form.waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'New character' }).click();
  await wrong.fill('Nina');
  await form.getByRole('button', { name: 'Cancel' }).click();
  await form.waitFor({ state: 'detached' });
  await page.setViewportSize({ width: 1280, height: 860 });
});

test('on a phone the panel is modal: it takes the focus and keeps it, and Escape, Back and its button close it', async () => {
  await page.setViewportSize({ width: 390, height: 860 });
  await open(roomId);
  const path = new URL(page.url()).pathname;
  const toggle = page.getByRole('button', { name: 'People in this room' });
  const panel = page.getByRole('dialog', { name: 'About this room' });
  const isMarked = () => page.evaluate(() => 'sheet' in (history.state ?? {}));
  for (const way of ['Escape', 'Back', 'Close']) {
    await toggle.click();
    await panel.waitFor();
    await expect.poll(focused).toBe('About this room');
    for (let tabs = 0; tabs < 12; tabs++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement!.closest('aside') !== null || document.activeElement === document.body)).toBe(
        true,
      );
    }
    expect(await box().evaluate((element) => element.closest('[inert]') !== null)).toBe(true);
    if (way === 'Escape') await page.keyboard.press('Escape');
    if (way === 'Back') await page.goBack();
    if (way === 'Close') await panel.getByRole('button', { name: 'Close' }).click();
    await panel.waitFor({ state: 'detached' });
    await box().waitFor();
    expect(new URL(page.url()).pathname).toBe(path);
    await expect.poll(focused).toBe('People in this room');
    await expect.poll(isMarked).toBe(false);
  }
  // Loaded anew while it is open, the page begins without it, and the entry of the history is an ordinary one.
  await toggle.click();
  await panel.waitFor();
  expect(await isMarked()).toBe(true);
  await page.reload();
  await box().waitFor();
  await toggle.click();
  await panel.getByRole('button', { name: 'Close' }).click();
  await panel.waitFor({ state: 'detached' });
  await expect.poll(isMarked).toBe(false);
  expect(new URL(page.url()).pathname).toBe(path);
  await page.setViewportSize({ width: 1280, height: 860 });
});

test('a panel beside the room goes away with the width for it, its dialog stays, and no change of the width goes anywhere in the history', async () => {
  const narrow = { width: 390, height: 860 };
  const wide = { width: 1280, height: 860 };
  const { bo } = scene;
  const { id: otherId } = await bo.socket.rooms.create.mutate({ name: `Other ${randomUUID()}`, visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId: otherId, username: 'ann' });
  const toggle = page.getByRole('button', { name: 'People in this room' });
  const panel = page.getByRole('complementary', { name: 'About this room' });
  const sheet = page.getByRole('dialog', { name: 'About this room' });
  const settings = page.getByRole('dialog', { name: /^Settings of/ });
  await panel.getByText('2 people').waitFor();
  await panel.getByRole('button', { name: 'Room settings' }).click();
  await settings.waitFor();
  await page.setViewportSize(narrow);
  await panel.waitFor({ state: 'hidden' });
  expect([await settings.isVisible(), await sheet.count()]).toEqual([true, 0]);
  await page.keyboard.press('Escape');
  await settings.waitFor({ state: 'detached' });
  await box().fill('still here');
  expect(await toggle.getAttribute('aria-expanded')).toBe('false');
  await page.setViewportSize(wide);
  await panel.getByText('2 people').waitFor();

  // Opened as a sheet, it stands beside the room once there is width for it, and a way that was begun is not called off.
  await page.setViewportSize(narrow);
  await panel.waitFor({ state: 'hidden' });
  await toggle.click();
  await sheet.waitFor();
  await page.setViewportSize(wide);
  await sheet.waitFor({ state: 'hidden' });
  await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: /Other/ }).click();
  await page.waitForURL(`**/rooms/${otherId}`);
  await box().fill('there');
  expect(page.url()).toContain(otherId);

  // *Back* closes what was opened as a sheet, in any width.
  await page.setViewportSize(narrow);
  await panel.waitFor({ state: 'hidden' });
  await toggle.click();
  await sheet.waitFor();
  await page.setViewportSize(wide);
  await panel.waitFor();
  await page.goBack();
  await panel.waitFor({ state: 'detached' });
  expect(page.url()).toContain(otherId);
});
