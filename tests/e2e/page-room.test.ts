import { randomUUID } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser, type Browser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { anonymous, connect, type Person } from './harness/person.js';
import { rowActions } from './harness/row-actions.js';
import { gate, words, type Gate } from '@parley/model-server';

let cluster: Cluster;

beforeAll(async () => {
  // Characters answer people here, not each other, so that what is asked for is what comes.
  cluster = await startCluster({
    apis: 2,
    workers: 1,
    variables: { REPLY_MAX_DEPTH: '0', REPLY_MAX_PER_ROOM: '2', LIMIT_SEND_PER_10_S: '10000' },
  });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const log = (page: Page) => page.getByRole('log', { name: 'Messages' });
const nav = (page: Page) => page.getByRole('navigation', { name: 'Rooms' });
const panel = (page: Page) => page.getByRole('complementary', { name: 'About this room' });
/** The row of the message that says this. */
const row = (page: Page, text: string | RegExp) => log(page).getByRole('article').filter({ hasText: text });

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Presses one of a message's actions. */
async function act(message: Locator, action: string): Promise<void> {
  await (await rowActions(message)).getByRole('button', { name: action }).click();
}

async function choose(page: Page, message: Locator, item: string): Promise<void> {
  await act(message, 'More');
  await page.getByRole('menuitem', { name: item }).click();
}

async function makeCharacter(page: Page, name: string, prompt: string): Promise<void> {
  await nav(page).getByRole('link', { name: 'Characters' }).click();
  await page.getByRole('button', { name: 'New character' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Who it is and how it answers').fill(prompt);
  await dialog.getByRole('button', { name: 'Create character' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name }).waitFor();
}

/** Adds characters to the open room, each set to answer always. */
async function addAlways(page: Page, ...names: string[]): Promise<void> {
  await panel(page).getByRole('button', { name: 'Add people and characters' }).click();
  const dialog = page.getByRole('dialog');
  for (const name of names) await dialog.getByRole('button', { name: `Add ${name}` }).click();
  await expect.poll(() => dialog.getByText('in the room').count()).toBe(names.length + 1);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  for (const name of names) {
    await panel(page).getByRole('button', { name }).click();
    await page.getByRole('menuitemradio', { name: 'Always' }).click();
    await panel(page)
      .getByRole('button', { name: new RegExp(`${name}.*always answers`) })
      .waitFor();
  }
}

async function makeRoom(page: Page, name: string): Promise<void> {
  await nav(page).getByRole('button', { name: 'New room' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create room' }).click();
  await page.getByRole('heading', { name }).first().waitFor();
}

async function twoPeople(one: string, other: string): Promise<[Browser, Browser]> {
  const [here, there] = cluster.apis;
  const browsers = await Promise.all([openBrowser(), openBrowser()]);
  await Promise.all([createAccount(browsers[0].page, here!.url, one), createAccount(browsers[1].page, there!.url, other)]);
  return browsers;
}

/** Someone who has an account already, calling as a program does. */
async function signIn(url: string, username: string): Promise<Person> {
  const { user, accessToken, refreshToken } = await anonymous(url).auth.login.mutate({ username, password: `password of ${username}` });
  return connect(url, { id: user.id, username, accessToken, refreshToken: refreshToken! });
}

const inView = (locator: Locator) =>
  locator.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= window.innerHeight;
  });

const unexpected = (...browsers: Browser[]) => browsers.flatMap(({ errors }) => errors).filter((text) => !/401/.test(text));

test('edits, deletions, reactions and quotes are seen by both, and after a reload', async () => {
  const [ann, ben] = await twoPeople('ann', 'ben');
  await using _ann = ann;
  await using _ben = ben;
  for (const { page } of [ann, ben]) await nav(page).getByText('Lobby').click();
  await say(ben.page, 'The importer reads the file twice.');
  await say(ben.page, 'This one goes away.');
  await row(ann.page, 'This one goes away.').waitFor();

  await ann.page.getByRole('textbox', { name: 'Message' }).pressSequentially('One pass');
  await ben.page.getByText('ann is typing…').waitFor();
  await act(row(ann.page, 'The importer reads'), 'Reply');
  await say(ann.page, 'One pass is enough.');
  await act(row(ann.page, 'The importer reads').first(), 'React');
  await ann.page.getByRole('dialog').getByRole('button', { name: '👍' }).click();
  await row(ben.page, 'The importer reads').first().getByRole('button', { name: '👍 1: ann' }).click();
  await row(ann.page, 'The importer reads').first().getByRole('button', { name: '👍 2' }).waitFor();

  // Arrow up in an empty box edits the person's own last message.
  await ben.page.getByRole('textbox', { name: 'Message' }).press('ArrowUp');
  await ben.page.getByRole('textbox', { name: 'Edit message' }).fill('This one went away.');
  await ben.page.getByRole('textbox', { name: 'Edit message' }).press('Enter');
  await row(ann.page, 'This one went away.').getByText('edited').waitFor();
  await choose(ben.page, row(ben.page, 'This one went away.'), 'Delete…');
  await ben.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();

  await ben.page.reload();
  await ann.page.reload();
  for (const { page } of [ann, ben]) {
    await log(page).getByText('Message deleted').waitFor();
    expect(await log(page).getByText('This one').count()).toBe(0);
    await row(page, 'One pass is enough.')
      .getByRole('button', { name: /In answer to ben The importer reads/ })
      .waitFor();
    await row(page, 'The importer reads').first().getByRole('button', { name: /👍 2/, pressed: true }).waitFor();
  }
  expect(unexpected(ann, ben)).toEqual([]);
});

test('three characters that always answer, two of them named at once, one stopped and written again: the same in both, in order, after a reload too', async () => {
  const [cleo, dan] = await twoPeople('cleo', 'dan');
  await using _cleo = cleo;
  await using _dan = dan;
  for (const name of ['Plato', 'Kant', 'Hume']) await makeCharacter(cleo.page, name, `You are ${name}.`);
  await makeRoom(cleo.page, 'agora');
  await addAlways(cleo.page, 'Plato', 'Kant', 'Hume');
  await nav(dan.page).getByRole('link', { name: 'Browse rooms' }).click();
  await dan.page.getByRole('button', { name: 'Join agora' }).click();
  await log(dan.page).getByText(/Hume/).first().waitFor();

  const doors = new Map<string, Gate>();
  let again = false;
  cluster.model.script((request) => {
    const name = /You are (Plato|Kant|Hume)/.exec(JSON.stringify(request.turns))![1]!;
    const door = gate();
    if (!again) doors.set(name, door);
    return {
      steps: (async function* () {
        yield* words(again ? `${name} thought again.` : `${name} begins`);
        if (again) return;
        yield { until: door.opened };
        yield* words(` and ends.`);
      })(),
    };
  });
  await say(dan.page, '@plato @kant what is a room?');
  // Two write at a time in one room; the third waits its turn and says so. Workers woken at the same moment may leave any of them for later.
  for (const { page } of [cleo, dan]) {
    await expect
      .poll(() =>
        log(page)
          .getByText(/(Plato|Kant|Hume) begins/)
          .count(),
      )
      .toBe(2);
    await log(page)
      .getByText(/waiting · [12] before it/)
      .waitFor();
  }
  const [first, second] = [...doors.keys()];
  await row(dan.page, `${first} begins`).getByRole('button', { name: 'Stop' }).click();
  await row(cleo.page, `${first} begins`).getByText('stopped by dan').waitFor();
  doors.get(second!)!.open();
  const third = ['Plato', 'Kant', 'Hume'].find((name) => name !== first && name !== second)!;
  await expect.poll(() => doors.has(third)).toBe(true);
  doors.get(third)!.open();
  for (const { page } of [cleo, dan]) {
    for (const name of [second, third]) await log(page).getByText(`${name} begins and ends.`).waitFor();
    // Its whole text is there a moment before its end.
    await expect.poll(() => page.getByRole('button', { name: 'Stop' }).count()).toBe(0);
  }

  again = true;
  await act(row(dan.page, `${first} begins`), 'Write again');
  for (const { page } of [cleo, dan]) await log(page).getByText(`${first} thought again.`).waitFor();
  const answers = (page: Page) =>
    log(page)
      .getByRole('article')
      .filter({ hasText: /begins|again/ })
      .evaluateAll((rows) => rows.map((element) => `${element.id} ${element.querySelector('.prose-message')!.textContent}`));
  const order = await answers(cleo.page);
  expect(order.map((line) => line.split(' ').slice(1).join(' ')).sort()).toEqual(
    [`${first} thought again.`, `${second} begins and ends.`, `${third} begins and ends.`].sort(),
  );
  expect(await answers(dan.page)).toEqual(order);
  for (const { page } of [cleo, dan]) {
    await page.reload();
    await log(page).getByText(`${first} thought again.`).waitFor();
    expect(await answers(page)).toEqual(order);
    // The text that was stopped is kept as the earlier version.
    const answer = row(page, `${first} thought again.`);
    await answer.getByText('2 of 2').waitFor();
    await answer.getByRole('button', { name: 'Earlier version' }).click();
    await log(page).getByText(`${first} begins`, { exact: true }).waitFor();
  }
  expect(unexpected(cleo, dan)).toEqual([]);
});

test('a private summary is its asker’s alone until they post it: then it is a message like any other', async () => {
  const [hal, ida] = await twoPeople('hal', 'ida');
  await using _hal = hal;
  await using _ida = ida;
  for (const { page } of [hal, ida]) await nav(page).getByText('Lobby').click();
  cluster.model.script(() => ({ steps: words('The ferry leaves at dusk, **twice**.') }));
  await say(hal.page, '/summary private');
  const answer = hal.page.getByRole('article', { name: /Only you see this/ });
  await answer.getByText('The ferry leaves at dusk, twice.').waitFor();
  await answer.getByRole('button', { name: 'Post to room' }).click();
  for (const { page } of [hal, ida]) {
    const posted = log(page).getByRole('article', { name: /^hal,/ }).filter({ hasText: 'The ferry leaves at dusk, twice.' });
    await posted.locator('strong', { hasText: 'twice' }).waitFor();
    expect(await posted.count()).toBe(1);
    await posted.getByText('Ada answered me privately, to /summary:').waitFor();
  }
  // The answer says that it was posted, after a reload too, so it is posted only once. It can still be dismissed.
  await answer.getByText('Posted').waitFor();
  expect(await answer.getByRole('button', { name: 'Post to room' }).count()).toBe(0);
  await hal.page.reload();
  await answer.getByText('Posted').waitFor();
  await answer.getByRole('button', { name: 'Dismiss' }).click();
  await answer.waitFor({ state: 'detached' });
  await row(hal.page, 'The ferry leaves at dusk, twice.').waitFor();

  // An answer that everyone can look up is not offered for posting.
  await say(ida.page, '/help');
  const help = ida.page.getByRole('article', { name: /Only you see this/ });
  await help.getByText('answers in the room').waitFor();
  expect(await help.getByRole('button', { name: 'Post to room' }).count()).toBe(0);
  expect(unexpected(hal, ida)).toEqual([]);
});

test('a link to a message far back opens there, and the way back to the latest is one press; a pin leads there too', async () => {
  const api = cluster.apis[0]!.url;
  await using gus = await openBrowser({ width: 390, height: 844, colorScheme: 'dark' });
  await createAccount(gus.page, api, 'gus');
  await makeRoom(gus.page, 'archive');
  const roomId = new URL(gus.page.url()).pathname.split('/').at(-1)!;
  await using hand = await signIn(api, 'gus');
  const ids: string[] = [];
  for (let n = 1; n <= 200; n++) {
    const { message } = await hand.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: `entry ${n} of the log` });
    ids.push(message!.id);
  }
  await hand.socket.messages.pin.mutate({ messageId: ids[9]!, on: true });
  await row(gus.page, 'entry 200 of').waitFor();
  const seq = (await hand.socket.messages.list.query({ roomId, limit: 1 })).items[0]!.seq - 175;
  await gus.page.goto(`${api}/rooms/${roomId}?at=${seq}#message-${ids[24]}`);
  await row(gus.page, 'entry 25 of').waitFor();
  await expect.poll(() => inView(row(gus.page, 'entry 25 of'))).toBe(true);
  expect(await row(gus.page, 'entry 200 of').count()).toBe(0);

  // A message that comes meanwhile is not put below the old ones, out of order.
  await hand.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'said meanwhile' });
  await gus.page.getByRole('button', { name: 'Latest messages' }).click();
  await row(gus.page, 'said meanwhile').waitFor();
  await expect.poll(() => inView(row(gus.page, 'said meanwhile'))).toBe(true);

  await gus.page.getByRole('button', { name: 'People in this room' }).click();
  await panel(gus.page).getByRole('button', { name: 'Pinned messages' }).click();
  await panel(gus.page)
    .getByRole('link', { name: /entry 10 of/ })
    .click();
  await panel(gus.page).getByRole('button', { name: 'Close' }).click();
  await expect.poll(() => inView(row(gus.page, 'entry 10 of'))).toBe(true);
  await row(gus.page, 'entry 10 of').getByText('Pinned').waitFor();
  expect(unexpected(gus)).toEqual([]);
});

test('the end of the conversation stays in view while the composer grows and shrinks', async () => {
  await using jo = await openBrowser();
  await createAccount(jo.page, cluster.apis[0]!.url, 'jo');
  await makeRoom(jo.page, 'long drafts');
  for (let n = 1; n <= 20; n++) await say(jo.page, `Line ${n}.`);
  const box = jo.page.getByRole('textbox', { name: 'Message' });
  /** The button back to the end can be pressed only while the reader is not there. */
  const isAway = () => log(jo.page).evaluate((element) => !(element.nextElementSibling as HTMLButtonElement).inert);
  await row(jo.page, 'Line 20.').waitFor();
  const height = () => log(jo.page).evaluate((element) => element.clientHeight);
  const low = await height();
  await box.fill(Array.from({ length: 12 }, (_, index) => `draft ${index}`).join('\n'));
  await expect.poll(height).toBeLessThan(low - 100);
  await expect.poll(() => inView(row(jo.page, 'Line 20.'))).toBe(true);
  await box.fill('');
  await expect.poll(height).toBe(low);
  // Wait for two frames, so that scrolling and its listeners have had their turn.
  await jo.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(await isAway()).toBe(false);
  expect(await inView(row(jo.page, 'Line 20.'))).toBe(true);
  await box.fill(Array.from({ length: 12 }, (_, index) => `sent ${index}`).join('\n'));
  await jo.page.getByRole('button', { name: 'Send' }).click();
  await row(jo.page, 'sent 11').waitFor();
  await expect.poll(height).toBe(low);
  await expect.poll(isAway).toBe(false);
});

test('search finds what was said and goes there, a direct room is made once, and settings hold', async () => {
  const [eve, fay] = await twoPeople('eve', 'fay');
  await using _eve = eve;
  await using _fay = fay;
  await makeRoom(eve.page, 'harbour');
  await say(eve.page, 'The lighthouse keeper counts the **ships** at dusk.');
  await row(eve.page, 'The lighthouse keeper').waitFor();
  for (let n = 1; n <= 12; n++) await say(eve.page, `Another line, number ${n}, to fill the page.`);
  await row(eve.page, 'number 12').waitFor();

  await nav(eve.page).getByText('Lobby').click();
  await eve.page.keyboard.press('Control+k');
  await eve.page.getByRole('combobox', { name: 'Jump to' }).fill('lighthouse');
  await eve.page.getByRole('option', { name: 'Messages with “lighthouse”' }).click();
  await eve.page.getByRole('link', { name: /The lighthouse keeper counts the ships/ }).click();
  await row(eve.page, 'The lighthouse keeper').waitFor();
  await expect.poll(() => new URL(eve.page.url()).hash).toMatch(/^#message-/);

  await eve.page.keyboard.press('Control+k');
  await eve.page.getByRole('combobox', { name: 'Jump to' }).fill('fay');
  await eve.page.getByRole('option', { name: /@fay/ }).click();
  await eve.page.getByRole('heading', { name: 'fay', exact: true }).waitFor();
  await say(eve.page, 'Only the two of us.');
  // The other person finds the room in the list, with the number of unread messages.
  await nav(fay.page)
    .getByRole('link', { name: /eve.*1 unread/ })
    .click();
  await row(fay.page, 'Only the two of us.').waitFor();

  await fay.page.getByRole('button', { name: 'Settings' }).first().click();
  await fay.page.getByRole('menuitem', { name: 'All settings' }).click();
  await fay.page.getByLabel('Display name').fill('Fay Moreau');
  await fay.page.getByRole('region', { name: 'You' }).getByRole('button', { name: 'Save' }).click();
  await fay.page.getByText('Saved').waitFor();
  await fay.page.getByLabel('Current password').fill('password of fay');
  await fay.page.getByLabel('New password').fill('another password of fay');
  await fay.page.getByRole('button', { name: 'Change password' }).click();
  await fay.page.getByText('Changed.').waitFor();
  const [file] = await Promise.all([fay.page.waitForEvent('download'), fay.page.getByRole('button', { name: 'Export my data' }).click()]);
  expect(file.suggestedFilename()).toBe('fay.jsonl');
  await fay.page.reload();
  await fay.page.getByText('Fay Moreau').first().waitFor();

  expect(unexpected(eve, fay)).toEqual([]);

  await fay.page.getByRole('button', { name: 'Remove account…' }).click();
  await fay.page.getByRole('dialog').getByLabel('Password').fill('another password of fay');
  await fay.page.getByRole('dialog').getByRole('button', { name: 'Remove account' }).click();
  await fay.page.getByRole('button', { name: 'Sign in' }).waitFor();
  await fay.page.reload();
  await fay.page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(await fay.page.getByRole('status').filter({ hasText: /\w/ }).count()).toBe(0);
  // The message stays, although its room's other person is gone.
  await row(eve.page, 'Only the two of us.').waitFor();
});

test('a conversation alone is found among people and characters, names its character, and says when that is gone', async () => {
  const [kim, lou] = await twoPeople('kim', 'lou');
  await using _kim = kim;
  await using _lou = lou;
  const { page } = kim;
  await makeCharacter(page, 'Captain Haddock', 'You curse.');
  await nav(page).getByRole('button', { name: 'New conversation' }).click();
  const talk = page.getByRole('dialog', { name: 'New conversation' });
  // Everyone is there before a name is typed, and no room.
  await talk.getByRole('option', { name: /@lou/ }).waitFor();
  await talk.getByRole('option', { name: /Ada/ }).waitFor();
  expect(await talk.getByRole('option', { name: 'Lobby' }).count()).toBe(0);
  await talk.getByRole('combobox', { name: 'Talk to' }).fill('haddock');
  await expect.poll(() => talk.getByRole('option').count()).toBe(1);
  await talk.getByRole('option', { name: /Captain Haddock/ }).click();
  await log(page).getByText('Say hello: Captain Haddock answers every message.').waitFor();
  await page.getByPlaceholder('Message Captain Haddock').waitFor();
  expect(
    await log(page)
      .getByText(/Ada can do/)
      .count(),
  ).toBe(0);
  const haddock = page.url();
  await say(page, 'Ahoy!');
  await row(page, 'Ahoy!').waitFor();

  await nav(page).getByRole('button', { name: 'New conversation' }).click();
  await talk.getByRole('option', { name: /@lou/ }).click();
  await say(page, 'Hello, Lou.');
  await row(page, 'Hello, Lou.').waitFor();
  const withLou = page.url();
  await log(page).getByText('Say hello, or type / to see what Ada can do.').waitFor();

  await using hand = await signIn(cluster.apis[0]!.url, 'kim');
  const found = await hand.http.characters.list.query();
  const { id: characterId } = found.find(({ character }) => character.name === 'Captain Haddock')!.character;
  await page.goto(haddock);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  await hand.http.characters.delete.mutate({ characterId });
  // Told where one looks, at once and after a reload; a program is refused with the same sense.
  for (let times = 0; times < 2; times++) {
    await page.getByText('This conversation is over. What was said here stays, and nothing is added to it.').waitFor();
    expect(await page.getByRole('textbox', { name: 'Message' }).count()).toBe(0);
    await page.reload();
  }
  const roomId = new URL(haddock).pathname.split('/').at(-1)!;
  await expect(hand.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Ahoy?' })).rejects.toThrow(/was deleted/);

  await using other = await signIn(cluster.apis[0]!.url, 'lou');
  await page.goto(withLou);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  await other.http.users.removeAccount.mutate({ password: 'password of lou' });
  await page.getByText(/has left this server. What was said here stays/).waitFor();
  expect(await page.getByRole('textbox', { name: 'Message' }).count()).toBe(0);
  await row(page, 'Hello, Lou.').waitFor();
  expect(unexpected(kim)).toEqual([]);
});

test('who cannot act on the variables of the server is not shown them; an admin is', async () => {
  await using max = await openBrowser();
  await createAccount(max.page, cluster.apis[0]!.url, 'max');
  await max.page.goto(`${cluster.apis[0]!.url}/settings`);
  const help = max.page.getByRole('region', { name: 'Language model of this server' });
  await max.page.getByRole('button', { name: 'Remove account…' }).waitFor();
  expect(await help.count()).toBe(0);
  await cluster.servers.database.db.user.update({ where: { username: 'max' }, data: { isAdmin: true } });
  await max.page.reload();
  await help.getByText('OPENAI_API_KEY').waitFor();
});

test('an answer shows its sources, and says what it was made from', async () => {
  const [ann, ben] = await twoPeople('ann-asks', 'ben-reads');
  await using _ann = ann;
  await using _ben = ben;
  await makeRoom(ann.page, 'quay');
  await nav(ben.page).getByRole('link', { name: 'Browse rooms' }).click();
  await ben.page.getByRole('button', { name: 'Join quay' }).click();
  await say(ben.page, 'We ship on **Friday**, if the tide allows it.');
  await log(ann.page).getByText('if the tide allows it').waitFor();
  await say(ben.page, 'My locker opens with 4711.');
  await choose(ben.page, row(ben.page, '4711'), 'Hide from AI');
  await row(ann.page, '4711').getByText('hidden from AI').waitFor();
  cluster.model.script(() => ({ steps: words('- Ship on Friday [#1]\n- Nobody said more [#99]\n') }));
  await say(ann.page, '/summary');
  for (const { page } of [ann, ben]) {
    const answer = row(page, 'Nobody said more');
    const source = answer.getByRole('link', { name: /^Source 1: ben-reads \d\d:\d\d$/ });
    await source.hover();
    await page.getByRole('tooltip').getByText('We ship on Friday, if the tide allows it.').waitFor();
    await page.mouse.move(0, 0);
    await page.getByRole('tooltip').waitFor({ state: 'detached' });
    await answer.getByText('no source').waitFor();
    await choose(page, answer, 'Why this answer?');
    const why = page.getByRole('complementary', { name: 'Why this answer' });
    await why.getByText('ann-asks, /summary').waitFor();
    await why.getByText('It read 1 message').waitFor();
    await why.getByText('It named a source that it was not given.').waitFor();
    await why.getByRole('link', { name: /ben-reads.*cited.*We ship on Friday/ }).waitFor();
    await why.getByText('Rules of this server').click();
    await why.getByText('whose words are whose').waitFor();
    await page.keyboard.press('Escape');
    await why.waitFor({ state: 'detached' });
    await panel(page).waitFor();
    expect(await answer.evaluate((element) => element === document.activeElement)).toBe(true);
  }
  expect(JSON.stringify(cluster.model.requests.at(-1)!.turns)).not.toContain('4711');
  expect(unexpected(ann, ben)).toEqual([]);
});
