import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from '../faults/harness/world.js';
import { until } from '../faults/harness/settle.js';
import { createAccount, openBrowser } from '../harness/browser.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: 'the banner', apis: 1, workers: 1, links: true });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('in the page: a part is away, one calm line says so; what is written meanwhile is sent once when the database is back', async () => {
  const { url, links } = world.apis[0]!;
  await using yuki = await openBrowser();
  const { page } = yuki;
  await createAccount(page, url, 'yuki');
  await page.getByRole('navigation', { name: 'Rooms' }).getByText('Lobby').click();
  const log = page.getByRole('log', { name: 'Messages' });
  const write = async (text: string) => {
    await page.getByRole('textbox', { name: 'Message' }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    await log.getByText(text).waitFor();
  };
  const stored = (content: string) => world.database.db.message.count({ where: { content } });
  await write('before anything');
  const notice = page.getByRole('status').filter({ hasText: /away|late|paused|Reconnecting/ });
  expect(await notice.count()).toBe(0);

  links.nats.refuse();
  await notice.getByText('Live updates are late: the message bus is away. Messages are stored.').waitFor();
  await write('without the bus');
  await until('it is stored', async () => (await stored('without the bus')) === 1);
  links.nats.restore();
  await notice.waitFor({ state: 'detached' });

  links.redis.refuse();
  await notice.getByText('Sign-in and AI are paused for a moment. Messages go on.').waitFor();
  await write('without Redis');
  await until('it is stored', async () => (await stored('without Redis')) === 1);
  links.redis.restore();
  await notice.waitFor({ state: 'detached' });

  for (const how of ['gone', 'silent'] as const) {
    if (how === 'gone') links.postgres.refuse();
    else links.postgres.freeze();
    await notice.getByText('The database is away. What you write is kept here and sent when it is back.').waitFor();
    const text = `while the database is ${how}`;
    await write(text);
    // The page shows the message, but not as sent.
    expect(await stored(text)).toBe(0);
    links.postgres.restore();
    await notice.waitFor({ state: 'detached' });
    await until('it is sent', async () => (await stored(text)) > 0);
    await write(`after the database was ${how}`);
    await until('the next is sent', async () => (await stored(`after the database was ${how}`)) === 1);
    expect(await stored(text)).toBe(1);
    expect(await log.getByText(text).count()).toBe(1);
  }
  // A page that is opened while the database is away says why it waits, and comes in when it is back.
  links.postgres.refuse();
  await notice.waitFor();
  await page.reload();
  await page
    .getByRole('status', { name: 'Opening Parley' })
    .getByText('The database is away. Parley opens as soon as it is back.')
    .waitFor();
  links.postgres.restore();
  await log.getByText('after the database was silent').waitFor();
});

test.each([
  ['wide', { width: 1280, height: 860 }],
  ['narrow', { width: 390, height: 844 }],
] as const)('in the page: every screen says that a part is away, once, and that it is back (%s)', async (shape, size) => {
  const { url, links } = world.apis[0]!;
  await using bo = await openBrowser(size);
  const { page } = bo;
  await createAccount(page, url, `bo-${shape}`);
  const notice = page.getByText('Live updates are late: the message bus is away. Messages are stored.');
  const nowhere = '00000000-0000-7000-8000-000000000000';
  const screens = ['/browse', '/characters', '/search', '/settings', `/rooms/${nowhere}`];
  for (const screen of shape === 'narrow' ? ['/', ...screens] : screens) {
    await page.goto(`${url}${screen}`);
    await page.getByText('Connected').waitFor({ state: 'attached' });
    expect(await notice.count()).toBe(0);
    links.nats.refuse();
    await notice.filter({ visible: true }).waitFor();
    await until('it is said once', async () => (await page.getByRole('status').filter({ hasText: 'Live updates are late' }).count()) === 1);
    links.nats.restore();
    await until('it is said no longer', async () => (await notice.count()) === 0);
  }
});

test('in the page: where signing in cannot work for the moment the form says so, asked or not, and no longer than that', async () => {
  const { url, links } = world.apis[0]!;
  await using cy = await openBrowser();
  const { page } = cy;
  await page.goto(url);
  const form = page.getByRole('status');
  const signIn = page.getByRole('button', { name: 'Sign in' });
  await signIn.waitFor();
  expect(await form.filter({ hasText: /\w/ }).count()).toBe(0);

  // A person who opens the page now is told before trying to sign in.
  links.redis.refuse();
  await until('the server knows', async () => (await (await fetch(`${url}/health`)).text()).includes('"limits":"away"'));
  await page.reload();
  const paused = form.getByText('Signing in is paused for a moment: a part of the server is away.');
  await paused.waitFor();
  links.redis.restore();
  await paused.waitFor({ state: 'detached' });

  // A person who tries learns it from the answer, and keeps what they typed.
  await page.getByLabel('Username').fill('cy');
  await page.getByLabel('Password').fill('password of cy');
  const away = form.getByText('The database is away. Signing in works again when it is back.');
  links.postgres.refuse();
  await page.getByRole('button', { name: 'Create account' }).click();
  await away.waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
  links.postgres.restore();
  await away.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
});
