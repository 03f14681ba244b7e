import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { picture } from './harness/page-layout.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { register } from './harness/person.js';
import { startProcess } from './harness/processes.js';

let scene: PageScene;
let page: PageScene['page'];
let roomId: string;

beforeAll(async () => {
  scene = await startPageScene();
  ({ page } = scene);
  roomId = (await scene.ann.http.rooms.create.mutate({ name: 'Harbour' })).id;
});
afterAll(() => scene?.[Symbol.asyncDispose]());

test('an owner chooses for how many days a room keeps its messages, and everyone is told', async () => {
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const panel = page.getByRole('complementary', { name: 'About this room' });
  const people = page.getByRole('button', { name: 'People in this room' });
  await people.waitFor();
  if ((await people.getAttribute('aria-expanded')) === 'false') await people.click();
  await panel.getByRole('button', { name: 'Room settings' }).click();
  const dialog = page.getByRole('dialog', { name: /Settings of Harbour/ });
  await dialog.getByText('They are kept until somebody deletes them.').waitFor();
  const days = dialog.getByRole('textbox', { name: 'Days that messages are kept' });
  await days.fill('soon');
  await dialog.getByText('Give a whole number of days.').waitFor();
  await days.fill('30');
  await picture(page, 'privacy-room');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('log', { name: 'Messages' }).getByText('had messages older than 30 days removed').waitFor();
  expect(await scene.ann.http.rooms.retention.query({ roomId })).toMatchObject({ days: 30, chosen: 30 });
});

test('where older messages were removed, the history begins with a line that says so', async () => {
  const old = await scene.ann.http.rooms.create.mutate({ name: 'Archive of talk' });
  const { id } = old;
  await scene.ann.http.messages.send.mutate({ roomId: id, clientId: randomUUID(), content: 'said long ago' });
  await scene.ann.http.messages.send.mutate({ roomId: id, clientId: randomUUID(), content: 'said today' });
  await scene.ann.http.rooms.update.mutate({ roomId: id, retentionDays: 30 });
  const { items } = await scene.ann.http.messages.list.query({ roomId: id });
  const gone = items.find(({ content }) => content === 'said long ago')!;
  await scene.ann.http.messages.delete.mutate({ messageId: gone.id });
  // What a worker does once an hour: see remove-by-age.contract.ts of core.
  await scene.cluster.servers.database.db.$executeRaw`update rooms set history_from_seq = ${gone.seq}::int where id = ${id}::uuid`;
  await page.goto(`${scene.url}/rooms/${id}`);
  const log = page.getByRole('log', { name: 'Messages' });
  await log.getByText('The history begins here').waitFor();
  await log.getByText('Messages older than 30 days are removed from this room.').waitFor();
  await log.getByText('said today').waitFor();
  expect(await log.getByText('deleted').count()).toBe(0);
  await picture(page, 'privacy-history');
});

test('an admin places and lifts a legal hold, and removes a person with a record of what stays', async () => {
  const { DATABASE_URL, NATS_URL, PARLEY_ENV } = scene.cluster.servers.variables;
  await startProcess('admin', { DATABASE_URL: DATABASE_URL!, NATS_URL: NATS_URL!, PARLEY_ENV: PARLEY_ENV! }, { args: ['ann'] }).exited;
  const cy = await register(scene.url, 'cy');
  const part = page.getByRole('region', { name: 'Privacy', exact: true });
  // The API trusts for a while what it knew of the page's session: a call may be refused until then.
  await expect
    .poll(async () => {
      await page.goto(`${scene.url}/admin/privacy`);
      await part.or(page.getByText('This is for admins of the server')).first().waitFor();
      if ((await part.count()) === 0) return 'no admin';
      await part.getByText('None was ever placed.').or(part.getByRole('alert')).first().waitFor();
      return part.getByRole('alert').count();
    })
    .toBe(0);
  await part.getByRole('button', { name: 'Place a hold' }).click();
  const dialog = page.getByRole('dialog', { name: 'Place a legal hold' });
  await dialog.getByRole('textbox', { name: 'Person or room' }).fill('@bo');
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Case 12/2026');
  await dialog.getByRole('button', { name: 'Place hold' }).click();
  const hold = part.getByRole('listitem').filter({ hasText: 'Case 12/2026' });
  await hold.getByText('0 set aside', { exact: false }).waitFor();
  await part.getByRole('textbox', { name: 'Whose' }).fill('@cy');
  await part.getByRole('button', { name: 'Remove account…' }).click();
  const confirm = page.getByRole('dialog', { name: /Remove @cy/ });
  await confirm.getByText('Messages go').click();
  await confirm.getByRole('button', { name: 'Remove account' }).click();
  await part.getByRole('listitem').filter({ hasText: '@cy' }).getByText('What stays and why').click();
  await part.getByText('Places in rooms (1)').waitFor();
  await picture(page, 'privacy-admin');
  await hold.getByRole('button', { name: 'Lift the hold on @bo' }).click();
  await page.getByRole('dialog', { name: 'Lift this hold?' }).getByRole('button', { name: 'Lift hold' }).click();
  await hold.getByText('lifted', { exact: false }).first().waitFor();
  expect((await scene.ann.http.users.removals.query())[0]).toMatchObject({ username: 'cy', messages: 'remove', askedBy: 'ann' });
  await cy[Symbol.asyncDispose]();
});
