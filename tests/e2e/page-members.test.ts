import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';

let scene: PageScene;
let page: PageScene['page'];
let bo: PageScene['bo'];

beforeAll(async () => {
  scene = await startPageScene();
  ({ page, bo } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

/** How a text marks that it names somebody. */
const mention = 'span.bg-accent-soft';

/** A room of bo's with ann in it, and ten thousand others, who joined one after the other. */
async function crowdedRoom(): Promise<string> {
  const { id: roomId } = await bo.socket.rooms.create.mutate({ name: 'Stadium', visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  const { db } = scene.cluster.servers.database;
  await db.$executeRaw`insert into handles (handle) select 'crowd-' || i from generate_series(1, 10000) i`;
  await db.$executeRaw`
    insert into users (id, username, display_name, avatar)
    select gen_random_uuid(), 'crowd-' || i, 'Crowd ' || i, '{"hue": 200, "glyph": null}' from generate_series(1, 10000) i`;
  await db.$executeRaw`
    insert into room_members (room_id, user_id, role, rev, joined_at)
    select c.room_id, u.id, 'member', c.last_rev + substr(u.username, 7)::int, now() + make_interval(secs => substr(u.username, 7)::int)
    from users u cross join room_counters c where u.username like 'crowd-%' and c.room_id = ${roomId}::uuid`;
  await db.$executeRaw`update rooms set member_count = member_count + 10000 where id = ${roomId}::uuid`;
  await db.$executeRaw`
    update room_counters set last_rev = last_rev + 10000, members_rev = last_rev + 10000 where room_id = ${roomId}::uuid`;
  return roomId;
}

test('a room of ten thousand shows how many there are, loads them as one scrolls, and finds whom one names', async () => {
  const roomId = await crowdedRoom();
  const say = (content: string) => bo.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  await say('Welcome, @crowd-9999 and @nobody-here.');
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const log = page.getByRole('log', { name: 'Messages' });
  const panel = page.getByRole('complementary', { name: 'About this room' });
  await panel.getByText('10002 people').waitFor();
  const people = panel.getByRole('list').filter({ hasText: 'Crowd' }).getByRole('listitem');
  await people.nth(99).waitFor();
  expect(await people.count()).toBeLessThan(250);
  // Both of those who are here stand before the others.
  await expect.poll(async () => (await people.allTextContents()).slice(0, 2).join()).toMatch(/Bo.*ann|ann.*Bo/is);

  // Who is mentioned is known, though far down the list; nobody's name is no mention.
  await log.locator(mention, { hasText: '@crowd-9999' }).waitFor();
  expect(await log.locator(mention, { hasText: '@nobody-here' }).count()).toBe(0);

  const before = await people.count();
  await people.last().scrollIntoViewIfNeeded();
  await panel.getByRole('status', { name: 'Loading more people' }).scrollIntoViewIfNeeded();
  await expect.poll(() => people.count()).toBeGreaterThan(before);

  const box = page.getByRole('textbox', { name: 'Message' });
  await box.pressSequentially('@Crowd-876');
  await page.getByRole('option', { name: 'Crowd 8765' }).click();
  expect(await box.inputValue()).toBe('@crowd-8765 ');
  await box.press('Enter');
  await log.getByRole('article').filter({ hasText: '@crowd-8765' }).locator(mention).waitFor();
});

test('who is silenced reads until when in place of the box, and has it back with what they were writing', async () => {
  const { id: roomId } = await bo.socket.rooms.create.mutate({ name: 'Library', visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('But I only meant');
  const silence = (forMinutes: number) => bo.socket.rooms.silence.mutate({ roomId, username: 'ann', forMinutes });
  await silence(60);
  const notice = page.getByText(/^A moderator has silenced you here until .*\d\d:\d\d\./);
  await notice.waitFor();
  expect(await box.count()).toBe(0);
  await page.reload();
  await notice.waitFor();
  expect(await box.count()).toBe(0);
  await silence(0);
  await box.waitFor();
  expect(await notice.count()).toBe(0);
  expect(await box.inputValue()).toBe('But I only meant');
});
