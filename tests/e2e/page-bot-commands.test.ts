import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';

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
const log = () => page.getByRole('log', { name: 'Messages' });

/** A call by the key of a bot, as its program makes it. */
async function call(key: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${scene.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect([path, response.status]).toEqual([path, 200]);
  return response.json();
}

/** A bot of Bo's in the room, with these commands. @returns its key */
async function bringBot(
  username: string,
  displayName: string,
  commands: { name: string; help: string; arguments?: string }[],
): Promise<string> {
  const { http } = scene.bo;
  await http.bots.create.mutate({ username, displayName });
  const { key } = await http.keys.create.mutate({ name: 'run', scopes: ['rooms:read', 'messages:read', 'messages:write'], bot: username });
  await call(key, 'PUT', '/api/bots/me/commands', { commands });
  await http.rooms.addMember.mutate({ roomId, username });
  return key;
}

test('a command of a bot is offered with whose it is, sent as a message that mentions the bot, and in the help', async () => {
  const key = await bringBot('opsbot', 'Ops', [
    { name: 'deploy', help: 'Puts a version out', arguments: 'env [version]' },
    { name: 'status', help: 'Says how things stand' },
  ]);
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await log().getByText('bo added Ops (bot).').waitFor();
  await box().pressSequentially('/dep');
  await page.getByRole('option', { name: '/deploy env [version] Puts a version out · Ops, bot' }).waitFor();
  await box().press('Enter');
  expect(await box().inputValue()).toBe('/deploy ');
  await page.keyboard.type('prod');
  await box().press('Enter');
  const row = log().getByRole('article').filter({ hasText: 'prod' });
  await row.locator('code').getByText('/deploy', { exact: true }).waitFor();

  const { items } = (await call(key, 'GET', `/api/rooms/${roomId}/messages?limit=1`)) as {
    items: { botCommand?: object; mentions: string[] }[];
  };
  const { user } = (await scene.bo.http.bots.list.query())[0]!;
  expect(items[0]).toMatchObject({
    content: '/deploy prod',
    botCommand: { botId: user.id, name: 'deploy', args: 'prod' },
    mentions: [user.id],
  });
  const [joined] = (await call(key, 'GET', '/api/rooms')) as { room: { id: string }; mine: { mentions: number } }[];
  expect(joined).toMatchObject({ room: { id: roomId }, mine: { mentions: 1 } });

  await box().fill('/help');
  await box().press('Enter');
  const help = log().getByText('Bots of this room answer these:');
  await help.waitFor();
  await log().getByText('Says how things stand (Ops, bot)').waitFor();
  // Everyone can look it up: it is not offered to be posted.
  expect(await page.getByRole('button', { name: 'Post to room' }).count()).toBe(0);
});

test('of two bots with one command the page writes whose is meant, and what nobody knows is not sent', async () => {
  await bringBot('shipbot', 'Ship', [{ name: 'deploy', help: 'Sends the ship' }]);
  // The page learns what bots there are whenever a command is begun.
  await box().fill('');
  await box().pressSequentially('/deploy');
  await page.getByRole('option', { name: /^\/deploy@opsbot/ }).waitFor();
  await page.getByRole('option', { name: '/deploy@shipbot Sends the ship · Ship, bot' }).click();
  expect(await box().inputValue()).toBe('/deploy@shipbot ');
  await page.keyboard.type('now');
  await box().press('Enter');
  const listed = async () => (await scene.bo.http.messages.list.query({ roomId, limit: 1 })).items[0]!;
  await expect.poll(async () => (await listed()).content).toBe('/deploy@shipbot now');

  await box().fill('/deploy prod');
  await box().press('Enter');
  const alert = page.getByRole('alert');
  await expect.poll(() => alert.textContent()).toBe('Several bots here have /deploy. Write whose you mean. Did you mean /deploy@opsbot?');
  await alert.getByRole('button').click();
  expect(await box().inputValue()).toBe('/deploy@opsbot prod');
  await box().fill('/stauts');
  await box().press('Enter');
  await expect.poll(() => alert.textContent()).toBe('There is no /stauts. Did you mean /status?');
  await box().fill('');
  expect((await listed()).content).toBe('/deploy@shipbot now');
  expect(scene.browser.errors.filter((text) => !/401/.test(text))).toEqual([]);
});
