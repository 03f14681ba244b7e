import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { words } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningOut } from './harness/page-layout.js';
import { startProcess } from './harness/processes.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';

let scene: PageScene;
let page: PageScene['page'];
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene(undefined, {
    AI_DAILY_TOKENS_PER_USER: '10000',
    MODEL_PRICES: '{"openai:scripted":{"input":2,"output":10}}',
  });
  ({ page } = scene);
  roomId = (await scene.ann.http.rooms.create.mutate({ name: 'Costly' })).id;
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const budget = () => page.getByRole('status', { name: 'Budget' });
const used = () => page.getByRole('region', { name: 'What was used' });

/** Has Ada answer in the room, and waits for the end of it. */
async function ask(question: string): Promise<void> {
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill(`/ask ${question}`);
  await box.press('Enter');
}

test('who has used nothing is told so', async () => {
  await page.goto(`${scene.url}/settings`);
  await page.getByRole('region', { name: 'Usage' }).getByRole('link', { name: 'Usage' }).click();
  await used().getByText('No language model was called in these days.').waitFor();
  expect(await used().getByRole('button', { name: 'CSV' }).isDisabled()).toBe(true);
  await page.getByRole('region', { name: 'Limits' }).getByText('0 of 10,000 tokens').waitFor();
});

test('from four fifths of a limit on, the box says which it is and when it is back', async () => {
  scene.cluster.model.script(() => ({
    steps: words('At nine.'),
    usage: { promptTokens: 7_000, completionTokens: 1_500, cachedTokens: 0 },
  }));
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await ask('when do we leave?');
  await page.getByRole('log', { name: 'Messages' }).getByText('At nine.').waitFor();
  await budget()
    .getByText(/^85 % of your AI tokens for today are used\. They come back at \d\d:\d\d\.$/)
    .waitFor();
  await budget().getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'Usage' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/usage/mine');
});

test('Usage shows the calls as a chart, with a table behind it, by model and character, and saves them as CSV', async () => {
  await used().getByText('8,500').first().waitFor();
  await used()
    .getByRole('img', { name: /^Tokens by day, from .* The most was 8,500, on / })
    .waitFor();
  await used().getByText('Cost', { exact: true }).nth(1).click();
  await used()
    .getByRole('img', { name: /^Cost by day.* The most was \$0\.03, on / })
    .waitFor();
  await used().getByText('As a table').press('Enter');
  await used()
    .getByRole('table', { name: 'What was used by day' })
    .getByRole('row', { name: /1 7,000 1,500 \$0\.03$/ })
    .waitFor();
  await used().getByRole('table', { name: 'By model' }).getByRole('row', { name: 'openai:scripted 1 8,500 $0.03' }).waitFor();
  await used().getByRole('table', { name: 'By character' }).getByRole('row', { name: /^Ada/ }).waitFor();
  // By the keyboard alone.
  await used().getByRole('radio', { name: '31 days' }).focus();
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => used().getByRole('radio', { name: '7 days' }).isChecked()).toBe(true);
  await expect.poll(() => used().getAttribute('aria-busy')).toBe('false');
  const [download] = await Promise.all([page.waitForEvent('download'), used().getByRole('button', { name: 'CSV' }).click()]);
  expect(download.suggestedFilename()).toBe('usage-mine-7-days.csv');
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
  const figures = '1,7000,0,1500,0.029000,0';
  expect(lines[0]).toBe('by,name,calls,input_tokens,cached_tokens,output_tokens,cost_usd,calls_without_price');
  expect(lines.filter((line) => line.endsWith(figures)).map((line) => line.split(',')[0])).toEqual(['day', 'model', 'character']);
  expect(lines).toContain(`model,openai:scripted,${figures}`);
  expect(lines).toHaveLength(1 + 7 + 2);
});

test('a moderator sees what the room used and sets its limits; a command beyond them is refused with when they are back', async () => {
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await page.getByRole('button', { name: 'Room settings' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Usage' }).click();
  await page.getByText('What was used by all calls to language models in this room').waitFor();
  const form = page.getByRole('region', { name: 'Set limits' });
  await form.getByLabel('Tokens a day').fill('many');
  await form.getByRole('button', { name: 'Save limits' }).click();
  await form.getByText('Write a whole number above 0, or leave it empty.').waitFor();
  await form.getByLabel('Tokens a day').fill('8,000');
  await form.getByLabel('Dollars a month').fill('2.50');
  await form.getByRole('button', { name: 'Save limits' }).click();
  await form.getByText('Saved. They hold from now on.').waitFor();
  const limits = page.getByRole('region', { name: 'Limits', exact: true });
  await limits.getByText('8,500 of 8,000 tokens').waitFor();
  await limits.getByText('$0.03 of $2.50').waitFor();
  await page.reload();
  await expect.poll(() => form.getByLabel('Tokens a day').inputValue()).toBe('8000');
  await expect.poll(() => form.getByLabel('Dollars a month').inputValue()).toBe('2.5');

  await page.goto(`${scene.url}/rooms/${roomId}`);
  await budget()
    .getByText(/^This room’s AI tokens for today are used up\. They come back at \d\d:\d\d\.$/)
    .waitFor();
  await ask('once more?');
  await page.getByText('This room’s AI tokens for today are used up. They come back at midnight UTC.').waitFor();
  expect(scene.cluster.model.requests).toHaveLength(1);
});

test('who moderates nothing here is told whose it is, and an address that names nothing says so', async () => {
  const { id } = await scene.bo.http.rooms.create.mutate({ name: 'Bo’s own', visibility: 'public' });
  await scene.ann.http.rooms.join.mutate({ roomId: id });
  await page.goto(`${scene.url}/usage/room-${id}`);
  await page.getByRole('heading', { name: 'The usage could not be loaded' }).waitFor();
  await page.goto(`${scene.url}/usage/nothing`);
  await page.getByRole('heading', { name: 'There is no such report' }).waitFor();
  expect(await used().count()).toBe(0);
});

test('an admin sees everyone’s, and one person’s with the limits that take the place of the server’s', async () => {
  const { DATABASE_URL, NATS_URL, PARLEY_ENV } = scene.cluster.servers.variables as Record<string, string>;
  await startProcess('admin', { DATABASE_URL: DATABASE_URL!, NATS_URL: NATS_URL!, PARLEY_ENV: PARLEY_ENV! }, { args: ['ann'] }).exited;
  // The API trusts for a while what it knew of the page's session: a call may be refused until then.
  await expect
    .poll(async () => {
      await page.goto(`${scene.url}/usage/everyone`);
      await page
        .getByText(/8,500|could not be loaded/)
        .first()
        .waitFor();
      return page.getByText('could not be loaded').count();
    })
    .toBe(0);
  await page.goto(`${scene.url}/usage/mine`);
  await page.getByRole('navigation', { name: 'Whose usage' }).getByRole('link', { name: 'Everyone’s' }).click();
  await used().getByText('8,500').first().waitFor();
  await page.getByLabel('Whose usage and limits').fill('@bo');
  await page.keyboard.press('Enter');
  await used().getByText('No language model was called in these days.').waitFor();
  const form = page.getByRole('region', { name: 'Set limits' });
  await form.getByLabel('Tokens a day').fill('500');
  await form.getByRole('button', { name: 'Save limits' }).click();
  await form.getByText('Saved. They hold from now on.').waitFor();
  expect((await scene.bo.http.usage.mine.query({})).budgets).toMatchObject([{ scope: 'person', unit: 'tokens', limit: 500, used: 0 }]);
  await page.goto(`${scene.url}/usage/@nobody`);
  await page.getByText('There is no account named “nobody”.').waitFor();
});

test('who made a character sets what it may use', async () => {
  const handle = `m-${randomUUID().slice(0, 8)}`;
  const { character } = await scene.ann.http.characters.create.mutate({ handle, name: 'Mo', systemPrompt: 'Be Mo.' });
  await page.goto(`${scene.url}/characters`);
  await page.getByRole('link', { name: 'Usage of Mo' }).click();
  await page.getByText('What Mo used, in all rooms and whoever asked.').waitFor();
  const form = page.getByRole('region', { name: 'Set limits' });
  await form.getByLabel('Dollars a day').fill('0.10');
  await form.getByRole('button', { name: 'Save limits' }).click();
  await page.getByRole('region', { name: 'Limits', exact: true }).getByText('$0.00 of $0.10').waitFor();
  expect(await scene.ann.http.usage.character.query({ characterId: character.id })).toMatchObject({ setLimits: { dayCost: 100_000 } });
});

test('on a phone everything of it has its place', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const of of ['mine', 'everyone', `room-${roomId}`]) {
    await page.goto(`${scene.url}/usage/${of}`);
    await used().getByText('8,500').first().waitFor();
    expect(await runningOut(page)).toEqual([]);
  }
  expect(scene.browser.errors.filter((text) => !/4\d\d \(/.test(text))).toEqual([]);
});
