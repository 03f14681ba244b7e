import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccount, openBrowser, type Browser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { anonymous, register } from './harness/person.js';

let cluster: Cluster;
let browser: Browser;
let page: Browser['page'];

beforeAll(async () => {
  [cluster, browser] = await Promise.all([
    startCluster({ apis: 1, workers: 1, variables: { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1/32' } }),
    openBrowser(),
  ]);
  ({ page } = browser);
  await createAccount(page, cluster.apis[0]!.url, 'ann');
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const dialog = () => page.getByRole('dialog');
const sent = () => page.getByRole('region', { name: 'Sent from this room' });
const written = () => page.getByRole('region', { name: 'Written into this room' });

/** A server that takes what is sent to it, or says 500 while `refusing` is set. */
async function receiver() {
  const got: { headers: IncomingMessage['headers']; body: string }[] = [];
  const state = { refusing: false };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      if (!state.refusing) got.push({ headers: request.headers, body });
      response.statusCode = state.refusing ? 500 : 200;
      response.end(state.refusing ? 'not now' : 'thank you');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/take`;
  return { got, state, url, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

async function makeRoom(name: string): Promise<void> {
  await page.getByRole('button', { name: 'New room' }).click();
  await dialog().getByLabel('Name').fill(name);
  await dialog().getByRole('button', { name: 'Create room' }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
}

async function say(text: string): Promise<void> {
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill(text);
  await box.press('Enter');
  await page.getByRole('log', { name: 'Messages' }).getByText(text, { exact: true }).waitFor();
}

async function openHooks(): Promise<void> {
  await page.getByRole('button', { name: 'Room settings' }).click();
  await dialog().getByRole('link', { name: 'Webhooks' }).click();
  await page.getByRole('heading', { name: 'Webhooks', exact: true }).waitFor();
}

test('a webhook is made, its secret shown once, what it sent is seen and sent again; it is switched off and removed', async () => {
  await using target = await receiver();
  await makeRoom('Harbour');
  await openHooks();
  await page.getByText('No webhook yet.').waitFor();
  await page.getByRole('button', { name: 'New webhook' }).click();
  await dialog().getByLabel('Address').fill('harbour.example');
  await dialog().getByRole('button', { name: 'Make webhook' }).click();
  await dialog().getByText('Write the whole address, beginning with https:// or http://.').waitFor();
  // What the server alone knows stands at the field too.
  await dialog().getByLabel('Address').fill('http://10.0.0.1/');
  await dialog().getByRole('button', { name: 'Make webhook' }).click();
  await expect.poll(() => dialog().getByLabel('Address').getAttribute('aria-invalid')).toBe('true');
  await dialog().getByLabel('Address').fill(target.url);
  await dialog().getByLabel('Name (optional)').fill('Tide table');
  await dialog().getByRole('checkbox', { name: 'Edits' }).check();
  await dialog().getByRole('button', { name: 'Make webhook' }).click();
  const shown = page.getByRole('textbox', { name: 'Secret' });
  await shown.waitFor();
  const secret = await shown.inputValue();
  await expect.poll(() => shown.evaluate((element) => element === document.activeElement)).toBe(true);
  await sent().getByText('Messages, edits').waitFor();
  // The next one begins with an empty form.
  await page.getByRole('button', { name: 'New webhook' }).click();
  expect(await dialog().getByLabel('Address').inputValue()).toBe('');
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await dialog().waitFor({ state: 'detached' });

  await page.getByRole('main').getByRole('link', { name: 'Harbour' }).click();
  await say('High water at noon.');
  await expect.poll(() => target.got.length).toBe(1);
  const { headers, body } = target.got[0]!;
  // As Standard Webhooks signs.
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const signature = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(signed)
    .digest('base64');
  expect(String(headers['webhook-signature']).split(' ')).toContain(`v1,${signature}`);
  expect(JSON.parse(body)).toMatchObject({ type: 'message.created', data: { message: { content: 'High water at noon.' } } });

  // The secret is not there any more, and what was sent is.
  await openHooks();
  expect(await page.getByText(secret).count()).toBe(0);
  await page.getByRole('button', { name: 'Deliveries of Tide table' }).click();
  const deliveries = page.getByRole('region', { name: 'Last deliveries of Tide table' });
  await deliveries.getByText(/^Taken \(200, \d+ ms\)$/).waitFor();
  await deliveries.getByText('What was answered').click();
  await deliveries.getByText('thank you').waitFor();
  await deliveries.getByRole('button', { name: 'Send again' }).click();
  await expect.poll(() => target.got.length).toBe(2);
  expect(target.got[1]!.headers['webhook-id']).toBe(headers['webhook-id']);

  await page.getByRole('button', { name: 'New secret for Tide table' }).click();
  await dialog().getByRole('button', { name: 'Make secret' }).click();
  await expect.poll(() => shown.inputValue()).not.toBe(secret);
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Done' }).click();

  // It is changed where it stands, and goes on with the secret that it has.
  await page.getByRole('button', { name: 'Change Tide table' }).click();
  expect(await dialog().getByLabel('Address').inputValue()).toBe(target.url);
  await dialog().getByLabel('Address').fill('http://10.0.0.1/');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => dialog().getByLabel('Address').getAttribute('aria-invalid')).toBe('true');
  await dialog().getByLabel('Address').fill(`${target.url}-more`);
  await dialog().getByRole('checkbox', { name: 'Edits' }).uncheck();
  await dialog().getByRole('checkbox', { name: 'Mentions' }).check();
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().waitFor({ state: 'detached' });
  await sent().getByText('Messages, mentions').waitFor();
  await sent().getByText(`${target.url}-more`).waitFor();

  await page.getByRole('button', { name: 'Switch off Tide table' }).click();
  await sent().getByText('Switched off: nothing is sent.').waitFor();
  await page.getByRole('button', { name: 'Switch on Tide table' }).click();
  await sent().getByText('Switched off: nothing is sent.').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Remove Tide table' }).click();
  await dialog().getByRole('button', { name: 'Remove webhook' }).click();
  await page.getByText('No webhook yet.').waitFor();
});

test('a bot’s webhook tells of all rooms of the bot, from its page in the settings', async () => {
  await using target = await receiver();
  const room = page.url();
  await page.goto(`${cluster.apis[0]!.url}/settings/keys`);
  await page.getByRole('button', { name: 'New bot' }).click();
  await dialog().getByLabel('Username').fill('tide');
  await dialog().getByRole('button', { name: 'Make bot' }).click();
  await page.getByRole('link', { name: 'Webhooks of tide' }).click();
  await page.getByText('No webhook yet.').waitFor();
  await page.getByRole('button', { name: 'New webhook' }).click();
  await dialog().getByLabel('Address').fill(target.url);
  await dialog().getByLabel('Name (optional)').fill('Everywhere');
  await dialog().getByRole('checkbox', { name: 'Arrivals' }).check();
  await dialog().getByRole('button', { name: 'Make webhook' }).click();
  await page.getByRole('textbox', { name: 'Secret' }).waitFor();
  await page.getByRole('region', { name: 'Sent from its rooms' }).getByText('Messages, arrivals').waitFor();

  // Somebody else's room, in which the bot is brought later.
  await using cy = await register(cluster.apis[0]!.url, 'cy');
  const { id: roomId } = await cy.http.rooms.create.mutate({ name: 'Far away' });
  await cy.http.rooms.addMember.mutate({ roomId, username: 'tide' });
  await expect.poll(() => target.got.length).toBe(1);
  expect(JSON.parse(target.got[0]!.body)).toMatchObject({ type: 'member.joined', data: { member: { user: { username: 'tide' } } } });
  await page.goto(`${cluster.apis[0]!.url}/settings/bots/tide/hooks`);
  await page.getByRole('button', { name: 'Deliveries of Everywhere' }).click();
  await page
    .getByRole('region', { name: 'Last deliveries of Everywhere' })
    .getByText(/^Taken \(200/)
    .waitFor();
  await page.getByRole('button', { name: 'Remove Everywhere' }).click();
  await dialog().getByRole('button', { name: 'Remove webhook' }).click();
  await page.getByText('No webhook yet.').waitFor();
  await page.goto(room);
});

test('an address to write to is made, shown once, written to, and removed; only moderators see any of it', async () => {
  await page.getByRole('button', { name: 'New address' }).click();
  await dialog().getByRole('button', { name: 'Make address' }).click();
  await dialog().getByText('Give it a name, by which you know it again.').waitFor();
  await dialog().getByLabel('Name').fill('Grafana');
  await dialog().getByRole('button', { name: 'Make address' }).click();
  const shown = page.getByRole('textbox', { name: 'Address' });
  await shown.waitFor();
  const address = await shown.inputValue();
  expect(address.startsWith(`${cluster.apis[0]!.url}/api/hooks/`)).toBe(true);
  await written().getByRole('listitem').filter({ hasText: 'Grafana' }).filter({ hasText: 'never used' }).waitFor();
  const write = () =>
    fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: 'Disk is full' }) });
  expect((await write()).status).toBe(200);
  await page.getByRole('main').getByRole('link', { name: 'Harbour' }).click();
  await page.getByRole('log', { name: 'Messages' }).getByText('Disk is full').waitFor();
  await openHooks();
  await page.getByRole('button', { name: 'Remove Grafana' }).click();
  await dialog().getByRole('button', { name: 'Remove address' }).click();
  await page.getByText('No address yet.').waitFor();
  expect((await write()).status).toBe(404);

  await using bo = await openBrowser();
  await createAccount(bo.page, cluster.apis[0]!.url, 'bo');
  await bo.page.goto(page.url());
  await bo.page.getByText('Webhooks are for the moderators of a room').waitFor();
  expect(browser.errors.filter((text) => !/40[01]/.test(text))).toEqual([]);
});

test('a character is made whose answers a program writes: it waits for the program, shows what that writes, and is handed to a model again', async () => {
  const nav = page.getByRole('navigation', { name: 'Rooms' });
  await nav.getByRole('link', { name: 'Characters' }).click();
  await page.getByRole('button', { name: 'New character' }).click();
  await dialog().getByLabel('Name').fill('Scout');
  await dialog().getByLabel('Who it is and how it answers').fill('You look things up.');
  await dialog().getByLabel('Model (optional)').fill('agent');
  await dialog().getByText('A program of yours writes its answers. Until it does, they wait.').waitFor();
  await dialog().getByRole('button', { name: 'Create character' }).click();
  await page.getByRole('heading', { name: 'Scout' }).waitFor();

  await makeRoom('Lookout');
  await page.getByRole('button', { name: 'Add people and characters' }).click();
  await dialog().getByRole('button', { name: 'Add Scout' }).click();
  await dialog().getByText('in the room').first().waitFor();
  await page.keyboard.press('Escape');
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('@scout who is there?');
  await box.press('Enter');
  const log = page.getByRole('log', { name: 'Messages' });
  await log.getByText(/^waiting · \d+ s/).waitFor();

  const { url } = cluster.apis[0]!;
  const { accessToken } = await anonymous(url).auth.login.mutate({ username: 'ann', password: 'password of ann' });
  const call = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/agents/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await response.json()) as { task: { taskId: string; attempt: number; messages: { content: string }[] } };
  };
  const { task } = await call('scout/tasks', {});
  expect(task.messages.at(-1)!.content).toContain('who is there?');
  await call(`tasks/${task.taskId}/write`, { attempt: task.attempt, offset: 0, text: 'A heron' });
  await log.getByText('A heron').waitFor();
  await call(`tasks/${task.taskId}/done`, { attempt: task.attempt, text: 'A heron, on one leg.' });
  await log.getByText('A heron, on one leg.').waitFor();
  await log.getByText(/^(waiting|thinking|writing)/).waitFor({ state: 'detached' });

  await nav.getByRole('link', { name: 'Characters' }).click();
  await page.getByRole('button', { name: 'Edit Scout' }).click();
  await dialog().getByLabel('Model (optional)').fill('');
  await dialog().getByRole('button', { name: 'Save', exact: true }).click();
  await dialog().waitFor({ state: 'detached' });
  await nav.getByRole('link', { name: 'Lookout' }).click();
  await box.fill('@scout and now?');
  await box.press('Enter');
  const answer = log.getByRole('article', { name: /^Scout/ }).last();
  await answer.getByText('AI · scripted').waitFor();
});
