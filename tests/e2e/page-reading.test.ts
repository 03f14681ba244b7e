import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import type { Person } from './harness/person.js';
import { gate } from '@parley/model-server';

let scene: PageScene;
let cluster: PageScene['cluster'];
let url: PageScene['url'];
let page: PageScene['page'];
let ann: PageScene['ann'];
let bo: PageScene['bo'];

beforeAll(async () => {
  scene = await startPageScene();
  ({ cluster, url, page, ann, bo } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const log = () => page.getByRole('log', { name: 'Messages' });
const box = () => page.getByRole('textbox', { name: 'Message' });
const row = (text: string) => log().getByRole('article').filter({ hasText: text });
/** The button back to the end can be pressed only while the reader is not there. */
const isAway = () => log().evaluate((element) => !(element.nextElementSibling as HTMLButtonElement).inert);
const distance = () => log().evaluate((element) => element.scrollHeight - element.clientHeight - element.scrollTop);
const say = (who: Person, roomId: string, content: string) => who.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });

/** A room of bo's with ann in it, and that many messages of uneven length. */
async function longRoom(name: string, count: number): Promise<string> {
  const { id: roomId } = await bo.socket.rooms.create.mutate({ name, visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  await Promise.all(Array.from({ length: count }, (_, n) => say(bo, roomId, `Entry ${n}.\n\n${'More of it. '.repeat((n * 7) % 40)}`)));
  await say(bo, roomId, 'The last entry.');
  return roomId;
}

async function open(roomId: string): Promise<void> {
  await page.goto(`${url}/rooms/${roomId}`);
  await row('The last entry.').waitFor();
  await box().waitFor();
}

/** Where each message in view stands, once nothing moves any more. Frames are counted, not time: a busy machine draws few. */
async function standing(): Promise<Record<string, number>> {
  const read = () =>
    log().evaluate(async (element) => {
      for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      const view = element.getBoundingClientRect();
      const rows = [...element.querySelectorAll('article')].map((each) => [each.id, each.getBoundingClientRect()] as const);
      const seen = rows.filter(([, place]) => place.top >= view.top && place.top < view.bottom);
      return { size: element.scrollHeight, rows: Object.fromEntries(seen.map(([id, { top }]) => [id, Math.round(top)])) };
    });
  let known = '';
  let now = await read();
  await expect
    .poll(async () => {
      now = await read();
      const [before, after] = [known, JSON.stringify(now)];
      known = after;
      return before === after;
    })
    .toBe(true);
  return now.rows;
}

/** Expects that every message in both stands where it stood. */
function expectSame(before: Record<string, number>, after: Record<string, number>): void {
  const both = Object.keys(before).filter((id) => id in after);
  expect(both).not.toEqual([]);
  for (const id of both) expect(Math.abs(before[id]! - after[id]!)).toBeLessThanOrEqual(1);
}

for (const [width, name] of [
  [1280, 'wide'],
  [390, 'narrow'],
] as const) {
  test(`what one reads stays in its place while others write and older messages come; End leads back and holds on (${name})`, async () => {
    await page.setViewportSize({ width, height: 860 });
    const roomId = await longRoom(name, 150);
    await open(roomId);
    await standing();
    await log().hover();
    await page.mouse.wheel(0, -1200);
    await expect.poll(isAway).toBe(true);
    const before = await standing();
    for (let n = 0; n < 10; n++) await say(bo, roomId, `Meanwhile ${n}. ${'Long. '.repeat(n * 60)}`);
    await say(bo, roomId, 'The latest.');
    expectSame(before, await standing());
    expect(await isAway()).toBe(true);

    // Go to the top of what is loaded. Older messages that load above it move nothing.
    await log().focus();
    const size = await log().evaluate((element) => element.scrollHeight);
    await log().press('Home');
    await expect.poll(() => log().evaluate((element) => element.scrollHeight)).toBeGreaterThan(size + 1000);
    await standing();
    await log().press('Home');
    await standing();
    await log().press('PageDown');
    const read = await standing();
    await log().press('PageUp');
    await standing();
    await log().press('PageDown');
    expectSame(read, await standing());

    await log().press('End');
    await expect.poll(isAway).toBe(false);
    await row('The latest.').waitFor();
    await standing();
    await expect.poll(distance).toBeLessThan(2);
    await say(bo, roomId, 'After the latest.');
    await row('After the latest.').waitFor();
    await standing();
    await expect.poll(distance).toBeLessThan(2);

    // Nothing undoes the way back: neither what is said at that moment, nor that the page still scrolls for the key before.
    for (const up of ['PageUp', 'Home', 'ArrowUp', 'Home', 'PageUp']) {
      await log().press(up);
      await log().press('End');
      const text = `After ${up} and End: ${randomUUID()}.`;
      await say(bo, roomId, text);
      await row(text).waitFor();
      await standing();
      await expect.poll(distance).toBeLessThan(2);
      expect(await isAway()).toBe(false);
    }
  });
}

test('marks heaped on a letter of a message are drawn over no other message', async () => {
  await page.setViewportSize({ width: 1280, height: 860 });
  const roomId = await longRoom('marks', 2);
  await say(bo, roomId, 'Left alone.');
  await say(bo, roomId, 'A line between.');
  await say(bo, roomId, `Heaped: e${'\u0301'.repeat(3_000)}`);
  await open(roomId);
  await standing();
  // Nothing moves between the pictures: the second one only lacks the ink of the heap.
  const above = () => row('Left alone.').screenshot({ animations: 'disabled' });
  const ink = (color: string, overflow: string) =>
    row('Heaped').evaluate((element, style) => Object.assign(element.querySelector<HTMLElement>('.prose-message')!.style, style), {
      color,
      overflow,
    });
  const seen = await above();
  await ink('transparent', '');
  expect((await above()).equals(seen)).toBe(true);
  await ink('', 'visible');
  expect((await above()).equals(seen)).toBe(false);
});

test('who goes up as soon as a room is there stays there, however slow the page', async () => {
  await page.setViewportSize({ width: 1280, height: 860 });
  const roomId = await longRoom('slow', 60);
  await open(roomId);
  await expect.poll(async () => (await ann.http.rooms.get.query({ roomId })).mine.unread).toBe(0);
  const devtools = await page.context().newCDPSession(page);
  for (const rate of [1, 16]) {
    await page.goto(`${url}/browse`);
    await page.getByRole('heading', { name: 'Browse rooms' }).waitFor();
    await devtools.send('Emulation.setCPUThrottlingRate', { rate });
    await page.goBack();
    await row('The last entry.').waitFor();
    await expect
      .poll(async () => {
        await log().press('Home');
        return row('Entry 0.').count();
      })
      .toBe(1);
    await standing();
    expect(await isAway()).toBe(true);
    expect(await distance()).toBeGreaterThan(1000);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  }
  await devtools.detach();
});

test('the way back to the end, pressed as soon as a message far up is there, leads to the end', async () => {
  await page.setViewportSize({ width: 1280, height: 860 });
  const { id: roomId } = await bo.socket.rooms.create.mutate({ name: 'back', visibility: 'private' });
  await bo.socket.rooms.addMember.mutate({ roomId, username: 'ann' });
  const { message } = await say(bo, roomId, 'The very beginning.');
  await Promise.all(Array.from({ length: 70 }, (_, n) => say(bo, roomId, `Entry ${n}.\n\n${'More of it. '.repeat((n * 7) % 40)}`)));
  await say(bo, roomId, 'The last entry.');
  await bo.socket.messages.pin.mutate({ messageId: message!.id, on: true });
  await open(roomId);
  await page.getByRole('button', { name: 'Pinned messages' }).click();
  const pin = page.getByRole('complementary').getByRole('link', { name: /The very beginning/ });
  await pin.waitFor();
  for (let times = 0; times < 4; times++) {
    await pin.evaluate(
      (link: HTMLElement) =>
        new Promise<void>((done) => {
          const list = document.querySelector('[role=log]')!;
          const back = list.nextElementSibling as HTMLButtonElement;
          const look = () => {
            if (back.inert || !list.textContent.includes('The very beginning.')) return void requestAnimationFrame(look);
            back.click();
            done();
          };
          link.click();
          look();
        }),
    );
    await row('The last entry.').waitFor();
    await standing();
    await expect.poll(distance).toBeLessThan(2);
    expect(await isAway()).toBe(false);
  }
  await page.getByRole('button', { name: 'Pinned messages' }).click();
});

test('a reply that grows takes nobody back who scrolls up, however little; back at its end it is followed again', async () => {
  await page.setViewportSize({ width: 1280, height: 860 });
  const roomId = await longRoom('growing', 10);
  await open(roomId);
  const parts = Array.from({ length: 12 }, () => gate());
  cluster.model.script(() => ({
    steps: parts.flatMap(({ opened }, n) => [{ until: opened }, `## Part ${n}\n\n- one\n- two\n\n\`\`\`js\nlet x = ${n};\n\`\`\`\n\n`]),
  }));
  await say(ann, roomId, '/ask for a long one');
  const grow = async (...numbers: number[]) => {
    for (const n of numbers) parts[n]!.open();
    await expect.poll(() => row(`Part ${numbers.at(-1)}`).count()).toBe(1);
    await standing();
  };
  await grow(0, 1, 2, 3, 4, 5);
  await expect.poll(distance).toBeLessThan(2);
  const part = async () => Math.round((await log().getByText('Part 0', { exact: true }).boundingBox())!.y);

  await log().hover();
  await page.mouse.wheel(0, -30);
  await expect.poll(isAway).toBe(true);
  await standing();
  const before = await part();
  await grow(6, 7, 8);
  expect(await part()).toBe(before);

  await page.mouse.wheel(0, 5000);
  await expect.poll(isAway).toBe(false);
  await grow(9, 10);
  await expect.poll(distance).toBeLessThan(2);

  // The end of a reply does not move what is read either.
  await page.mouse.wheel(0, -200);
  await expect.poll(isAway).toBe(true);
  await standing();
  const read = await part();
  await grow(11);
  await row('Part 11').and(page.locator('[aria-busy]')).waitFor({ state: 'detached' });
  await standing();
  expect(await part()).toBe(read);
});

test('what one sends while scrolled up is brought into view; what comes of it takes nobody back who goes up again', async () => {
  await page.setViewportSize({ width: 1280, height: 860 });
  const roomId = await longRoom('sent', 60);
  await open(roomId);
  await log().focus();
  for (const text of ['Sent from far up.', 'And once more.']) {
    await log().press('Home');
    await expect.poll(isAway).toBe(true);
    await standing();
    await box().fill(text);
    await box().press('Enter');
    await row(text).waitFor();
    await standing();
    await expect.poll(isAway).toBe(false);
    await expect.poll(distance).toBeLessThan(2);
    await log().focus();
  }
  await log().press('Home');
  await expect.poll(isAway).toBe(true);
  await say(ann, roomId, 'Sent from another device.');
  await standing();
  expect(await isAway()).toBe(true);
});

for (const width of [1280, 390]) {
  test(`Stop and the actions of a long answer are where one reads, or beside the box (${width} px)`, async () => {
    await page.setViewportSize({ width, height: 860 });
    const roomId = await longRoom(`answers ${width}`, 12);
    await open(roomId);
    const [more, end] = [gate(), gate()];
    cluster.model.script(() => ({
      steps: [
        ...Array.from({ length: 60 }, (_, n) => `Paragraph ${n} of it.\n\n`),
        { until: more.opened },
        'The end of it.',
        { until: end.opened },
      ],
    }));
    await box().fill('/ask for a long one');
    await box().press('Enter');
    const answer = row('Paragraph 59');
    const stop = () => page.getByRole('button', { name: 'Stop' });
    const inView = async (which: 'stop' | 'actions') => {
      const thing = which === 'stop' ? stop() : answer.getByRole('toolbar', { name: 'Message actions' });
      const [place, view] = [await thing.boundingBox(), await log().boundingBox()];
      return place !== null && place.y >= view!.y - 1 && place.y + place.height <= view!.y + view!.height + 1;
    };
    await answer.waitFor();
    await standing();
    await expect.poll(() => inView('stop')).toBe(true);
    expect(await stop().count()).toBe(1);

    // Where nothing of the answer is in view, its Stop is beside the box.
    await log().focus();
    await log().press('Home');
    await expect.poll(isAway).toBe(true);
    await standing();
    await expect.poll(() => stop().count()).toBe(1);
    const isBelow = async () => {
      const [button, list] = [(await stop().boundingBox())!, (await log().boundingBox())!];
      return button.y + button.height / 2 > list.y + list.height;
    };
    await expect.poll(isBelow).toBe(true);
    if (width === 390) await stop().click();
    else {
      // Escape in the box first closes what is open there, then stops the answer.
      await box().fill('/');
      await page.getByRole('option').first().waitFor();
      await box().press('Escape');
      await page.getByRole('option').first().waitFor({ state: 'detached' });
      expect(await stop().count()).toBe(1);
      await box().fill('');
      await box().press('Escape');
    }
    await log().press('End');
    await answer.getByText('stopped by').waitFor();
    expect(await stop().count()).toBe(0);
    more.open();
    end.open();

    // In the middle of the answer its actions are there, over what one reads.
    await standing();
    const place = (await log().boundingBox())!;
    await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
    await page.mouse.wheel(0, -700);
    await expect.poll(isAway).toBe(true);
    await standing();
    // The list takes no pointer for a moment after it scrolled, so the mouse goes on moving until the row has noticed it.
    let moves = 0;
    const actions = answer.getByRole('toolbar', { name: 'Message actions' });
    await expect
      .poll(async () => {
        await page.mouse.move(place.x + place.width / 2 + (moves++ % 9), place.y + place.height / 2);
        return await actions.count();
      })
      .toBe(1);
    await expect.poll(() => inView('actions')).toBe(true);
    await page.mouse.move(0, 0);
  });
}
