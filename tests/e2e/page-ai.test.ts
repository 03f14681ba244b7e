import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPageScene, type PageScene } from './harness/page-scene.js';
import { picture } from './harness/page-layout.js';
import { rowActions } from './harness/row-actions.js';
import { gate, promptText, words } from '@parley/model-server';

let scene: PageScene;
let page: PageScene['page'];
let ann: PageScene['ann'];
let bo: PageScene['bo'];

beforeAll(async () => {
  // Some long messages fill a prompt.
  scene = await startPageScene(undefined, { REPLY_MAX_PER_ROOM: '1', REPLY_PROMPT_TOKENS: '3000' });
  ({ page, ann, bo } = scene);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const log = (of: Page) => of.getByRole('log', { name: 'Messages' });
const say = (by: PageScene['bo'], roomId: string, content: string) =>
  by.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });

/** A room of ann's with bo in it. */
async function sharedRoom(name: string): Promise<string> {
  const { id: roomId } = await ann.socket.rooms.create.mutate({ name, visibility: 'private' });
  await ann.socket.rooms.addMember.mutate({ roomId, username: 'bo' });
  return roomId;
}

test('the receipt of an answer in a long room shows the summary that stood for older messages, until one of them is changed', async () => {
  const roomId = await sharedRoom('Long');
  const notes = 'Bo keeps the key of the boathouse under the blue pot.\nAnn wants it back by Friday.';
  const { model } = scene.cluster;
  const isSummary = (text: string) => text.includes('You keep the notes of');
  model.script((request) => ({ steps: words(isSummary(promptText(request)) ? notes : 'Under the blue pot.') }));
  const { message: first } = await say(bo, roomId, 'The key of the boathouse is under the blue pot.');
  for (let n = 1; n <= 8; n++)
    await say(n % 2 ? ann : bo, roomId, `The boats, part ${n}: ${'they need new paint before summer. '.repeat(40)}`);
  await say(ann, roomId, '@ada where is the key?');
  await expect.poll(() => model.requests.filter((request) => isSummary(promptText(request))).length).toBeGreaterThan(0);
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const answers = log(page).getByRole('article').filter({ hasText: 'Under the blue pot.' });
  await answers.first().waitFor();
  // The first answer did not wait for the summary; one that comes after it has it.
  await expect
    .poll(async () => {
      const { replies } = await say(ann, roomId, '@ada once more, where is it?');
      const id = replies[0]!.id;
      await expect.poll(async () => (await ann.socket.messages.get.query({ messageId: id })).status).toBe('complete');
      return (await ann.socket.replies.receipt.query({ messageId: id })).summarised?.text;
    })
    .toBe(notes);

  const why = page.getByRole('complementary', { name: 'Why this answer' });
  const open = async () => {
    const answer = answers.last();
    await (await rowActions(answer)).getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
    const part = why.getByText('Summary of before');
    await part.waitFor();
    await part.click();
    await why.getByText(/It stood for the messages \d+ to \d+ of this room/).waitFor();
  };
  await open();
  await why.getByText('Ann wants it back by Friday.').waitFor();
  await picture(page, 'summary');
  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'detached' });
  await bo.socket.messages.edit.mutate({ messageId: first!.id, content: 'The key is elsewhere.' });
  await open();
  await why.getByText('its text is gone').waitFor();
  expect(await why.getByText('Ann wants it back').count()).toBe(0);
});

test('a moderator pauses the AI of a room: what is written stops, the page says so, and the same person resumes it', async () => {
  const roomId = await sharedRoom('Pause');
  const door = gate();
  scene.cluster.model.script(() => ({
    steps: (async function* () {
      yield* words('Ada begins');
      yield { until: door.opened };
      yield* words(' and ends.');
    })(),
  }));
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await say(bo, roomId, '@ada tell us all');
  await log(page).getByText('Ada begins').waitFor();

  const settings = page.getByRole('dialog');
  await page.getByRole('button', { name: 'Room settings' }).click();
  await settings.getByRole('button', { name: 'Pause AI' }).click();
  await settings.getByRole('button', { name: 'Resume AI' }).waitFor();
  await page.keyboard.press('Escape');
  await settings.waitFor({ state: 'detached' });
  await page.getByText('AI is paused in this room').waitFor();
  await log(page).getByText('ann paused AI here.').waitFor();
  await log(page).getByText('stopped by ann').waitFor();
  await expect(say(bo, roomId, '/summary')).rejects.toMatchObject({ data: { appCode: 'ROOM_AI_PAUSED' } });
  await say(bo, roomId, '@ada are you there?');
  await log(page).getByText('AI is paused in this room. Try again').waitFor();
  await picture(page, 'paused');

  const resume = page.getByRole('button', { name: 'Resume AI' });
  await resume.focus();
  await page.keyboard.press('Enter');
  await resume.waitFor({ state: 'detached' });
  await log(page).getByText('ann resumed AI here.').waitFor();
  door.open();
  await say(bo, roomId, '@ada and now?');
  await log(page).getByText('Ada begins and ends.').waitFor();
});

test('the line above the composer says who is answered and whose turn is next; one’s own are cancelled from it, a moderator cancels any', async () => {
  const roomId = await sharedRoom('Queue');
  const doors = [gate(), gate(), gate(), gate()];
  let calls = 0;
  scene.cluster.model.script(() => {
    const n = calls++;
    return {
      steps: (async function* () {
        yield* words(`Answer ${n} begins`);
        yield { until: doors[n]!.opened };
        yield* words(' and ends.');
      })(),
    };
  });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await say(bo, roomId, '@ada the first');
  await log(page).getByText('Answer 0 begins').waitFor();
  const line = page.getByRole('button', { name: /Ada is answering|Next:/ });
  await expect.poll(() => line.textContent()).toBe('Ada is answering bo');
  await say(bo, roomId, '@ada the second');
  await say(bo, roomId, '@ada the third');
  await expect.poll(() => line.textContent()).toBe('Ada is answering bo · then bo’s question and 1 more');
  await say(ann, roomId, '@ada mine');
  // Ann has asked for one, so she comes before the others of bo.
  await expect.poll(() => line.textContent()).toBe('Ada is answering bo · then yours and 2 more');
  await log(page).getByText('waiting · 1 before it').waitFor();
  await picture(page, 'queue');

  // By the keyboard: the list opens, and the asker cancels their own.
  await line.focus();
  await page.keyboard.press('Enter');
  const list = page.getByRole('dialog', { name: 'Answers under way' });
  await expect.poll(() => list.getByRole('listitem').count()).toBe(4);
  await picture(page, 'queue-list');
  const own = list.getByRole('button', { name: 'Cancel: Ada for you' });
  await own.focus();
  await page.keyboard.press('Enter');
  await own.waitFor({ state: 'detached' });
  await expect.poll(() => line.textContent()).toBe('Ada is answering bo · then bo’s question and 1 more');
  // Ann owns the room.
  await list.getByRole('button', { name: 'Cancel: Ada for bo' }).first().click();
  await expect.poll(() => list.getByRole('listitem').count()).toBe(2);
  await list.getByRole('button', { name: 'Stop: Ada for bo' }).click();
  await log(page).getByText('Answer 1 begins').waitFor();
  await expect.poll(() => list.getByRole('listitem').count()).toBe(1);
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'detached' });
  doors[1]!.open();
  await line.waitFor({ state: 'detached' });
});

test('a moderator sets when a character answers, and it does: in turn, and when it has something to say', async () => {
  const roomId = await sharedRoom('Habits');
  const make = (handle: string, name: string, tagline: string) =>
    ann.socket.characters.create.mutate({ handle, name, tagline, systemPrompt: `You are ${name}.` });
  for (const [handle, name, tagline] of [
    ['pia', 'Pia', 'Minds the harbour'],
    ['quin', 'Quin', 'Counts boats'],
  ] as const) {
    const { character } = await make(handle, name, tagline);
    await ann.socket.rooms.addCharacter.mutate({ roomId, characterId: character.id });
  }
  scene.cluster.model.script((request) => {
    const all = JSON.stringify(request.turns);
    const name = /You are (Pia|Quin)\./.exec(all)?.[1] ?? 'Ada';
    return { steps: words(all.includes('You decide whether') ? 'YES' : `${name} answers this.`) };
  });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const panel = page.getByRole('complementary', { name: 'About this room' });
  const set = async (name: string, habit: string, shown: string) => {
    await panel.getByRole('button', { name }).click();
    await page.getByRole('menuitemradio', { name: habit }).click();
    await panel.getByRole('button', { name: new RegExp(`${name}.*${shown}`) }).waitFor();
  };
  await set('Pia', 'In turn', 'answers in turn');
  await set('Quin', 'In turn', 'answers in turn');
  await log(page).getByText('ann added Quin, who answers in turn.').waitFor();
  await say(bo, roomId, 'Good morning.');
  await log(page).getByText('Pia answers this.').waitFor();
  await say(bo, roomId, 'A fine morning.');
  await log(page).getByText('Quin answers this.').waitFor();

  await set('Quin', 'When mentioned', 'when mentioned');
  await set('Pia', 'With something to say', 'with something to say');
  await say(bo, roomId, 'ok');
  await say(bo, roomId, 'The harbour is closed today.');
  await expect.poll(() => log(page).getByText('Pia answers this.').count()).toBe(2);
  expect(await log(page).getByText('Quin answers this.').count()).toBe(1);
  await panel.getByRole('button', { name: 'Pia' }).click();
  await page.getByRole('menu').waitFor();
  await picture(page, 'habits');
  await page.keyboard.press('Escape');
});

test('what a model thinks is shown apart while it writes, folded, and is gone with the end', async () => {
  const roomId = await sharedRoom('Thoughts');
  const [thought, door] = [gate(), gate()];
  let seen = false;
  void thought.opened.then(() => (seen = true));
  scene.cluster.model.script(() => ({
    steps: (async function* () {
      // Until the page shows it: it sees a thought from when it listens.
      while (!seen) {
        yield { reasoning: 'They ask when the boat leaves. ' };
        yield { waitMs: 200 };
      }
      yield { reasoning: 'The timetable says nine.' };
      yield* words('The boat leaves');
      yield { until: door.opened };
      yield* words(' at nine.');
    })(),
  }));
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  const answer = log(page).getByRole('article', { name: /^Ada/ });
  await say(bo, roomId, '@ada when?');
  const fold = answer.getByText('Thoughts', { exact: true });
  const thoughts = answer.getByRole('region', { name: 'Thoughts' });
  await fold.waitFor();
  expect(await thoughts.isVisible()).toBe(false);
  await fold.focus();
  await page.keyboard.press('Enter');
  await thoughts.getByText(/They ask when/).waitFor();
  thought.open();
  await log(page).getByText('The boat leaves', { exact: true }).waitFor();
  await thoughts.getByText(/The timetable says nine\.$/).waitFor();
  await picture(page, 'thoughts');
  door.open();
  await log(page).getByText('The boat leaves at nine.').waitFor();
  await expect.poll(() => fold.count()).toBe(0);
  await page.reload();
  await log(page).getByText('The boat leaves at nine.').waitFor();
  expect(await page.content()).not.toContain('timetable');
});

test('what a model thinks of a private answer is shown to its asker alone, and is gone with the end', async () => {
  const roomId = await sharedRoom('Whispers');
  const [thought, door] = [gate(), gate()];
  let seen = false;
  void thought.opened.then(() => (seen = true));
  scene.cluster.model.script(() => ({
    steps: (async function* () {
      while (!seen) {
        yield { reasoning: 'Nobody else may know. ' };
        yield { waitMs: 200 };
      }
      yield* words('The boat leaves');
      yield { until: door.opened };
      yield* words(' at nine.');
    })(),
  }));
  await page.goto(`${scene.url}/rooms/${roomId}`);
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.waitFor();
  const { events: others, stop } = bo.read(roomId);
  await others.until((items) => items.length > 0);
  await box.fill('/ask private when does the boat leave?');
  await box.press('Enter');
  const answer = page.getByRole('article', { name: /Only you see this/ });
  const fold = answer.getByText('Thoughts', { exact: true });
  await fold.waitFor();
  await fold.focus();
  await page.keyboard.press('Enter');
  await answer
    .getByRole('region', { name: 'Thoughts' })
    .getByText(/Nobody else may know/)
    .waitFor();
  thought.open();
  await answer.getByText('The boat leaves', { exact: true }).waitFor();
  await picture(page, 'thoughts-private');
  door.open();
  await answer.getByText('The boat leaves at nine.').waitFor();
  await expect.poll(() => fold.count()).toBe(0);
  // The bus keeps order: what the room was told before this message has arrived with it.
  await say(ann, roomId, 'That was it.');
  await others.until((items) => items.some(({ data }) => data.type === 'message' && data.message.content === 'That was it.'));
  expect(others.items.filter(({ data }) => data.type === 'thought')).toEqual([]);
  stop();
});

test('a catch-up tells what is unread in other rooms, its sources open there, and it cannot be posted', async () => {
  const [boats, kitchen, desk, noise] = [
    await sharedRoom('Boats'),
    await sharedRoom('Kitchen'),
    await sharedRoom('Desk'),
    await sharedRoom('Noise'),
  ];
  await ann.socket.rooms.setMute.mutate({ roomId: noise, muted: true });
  await say(bo, noise, 'Noise.');
  const { message } = await say(bo, boats, 'The boat leaves at nine, and **somebody** has to bring the key.');
  await say(bo, boats, 'I take the ropes.');
  await say(bo, kitchen, 'Who makes the soup on Thursday?');
  scene.cluster.model.script((request) => {
    const cite = (text: string) => `[#${new RegExp(`n="(\\d+)"[^>]*>\n${text}`).exec(promptText(request))?.[1]}]`;
    const points = `### Boats\n- The boat leaves at nine, and somebody has to bring the key ${cite('The boat')}\n- Bo takes the ropes ${cite('I take')}\n\n`;
    return { steps: words(`${points}### Kitchen\n- Bo asks who makes the soup on Thursday ${cite('Who makes')}\n`) };
  });
  await page.goto(`${scene.url}/rooms/${desk}`);
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('/catchup');
  await box.press('Enter');
  const answer = page.getByRole('article', { name: /Only you see this/ });
  await answer.getByText('Bo asks who makes the soup').waitFor();
  await answer.getByText('Not in it: 1 room that you muted.').waitFor();
  await answer.getByText('It tells of all your rooms, so it cannot be posted to one of them.').waitFor();
  expect(await answer.getByRole('button', { name: 'Post to room' }).count()).toBe(0);
  const source = answer.getByRole('link', { name: 'Source 1' });
  await source.hover();
  const preview = page.getByRole('tooltip');
  await preview.getByText('The boat leaves at nine, and somebody has to bring the key.').waitFor();
  await preview.getByText('Boats').waitFor();
  await picture(page, 'catchup');
  await answer.getByRole('button', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  await why.getByText(/^It read \d+ messages of \d+ rooms/).waitFor();
  await why.getByRole('link', { name: /bo.*cited.*The boat leaves at nine/i }).waitFor();
  await why.getByRole('heading', { name: 'Kitchen' }).waitFor();
  await why.getByText('Not here: 1 room that you muted.').waitFor();
  await picture(page, 'catchup-why');
  await page.keyboard.press('Escape');
  await why.waitFor({ state: 'detached' });
  await source.press('Enter');
  await log(page).getByRole('article').filter({ hasText: 'has to bring the key' }).waitFor();
  expect(new URL(page.url())).toMatchObject({
    pathname: `/rooms/${boats}`,
    search: `?at=${message!.seq}`,
    hash: `#message-${message!.id}`,
  });
  // What was a source is no more than a number to who cannot read it: here because it is gone.
  await bo.socket.messages.delete.mutate({ messageId: message!.id });
  await page.goBack();
  await source.hover();
  await preview.getByText('This message is gone, or you cannot see it.').waitFor();
});

test('the receipt of what a program outside answered says so, with the tokens that it names', async () => {
  const roomId = await sharedRoom('Tides');
  const { character } = await ann.socket.characters.create.mutate({
    handle: 'pilot',
    name: 'Pilot',
    systemPrompt: 'You know the tides.',
    model: 'agent',
  });
  await ann.socket.rooms.addCharacter.mutate({ roomId, characterId: character.id });
  await say(ann, roomId, '@pilot when is high water?');
  const { task } = await ann.socket.agents.next.mutate({ handle: 'pilot' });
  await ann.socket.agents.done.mutate({
    taskId: task!.taskId,
    attempt: task!.attempt,
    text: 'At nine.',
    usage: { inputTokens: 1_234, outputTokens: 56 },
  });
  await page.goto(`${scene.url}/rooms/${roomId}`);
  await (await rowActions(log(page).getByRole('article').filter({ hasText: 'At nine.' }))).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  await why
    .getByText('A program outside wrote this answer. What it made it from is not known here; the tokens are what it says.')
    .waitFor();
  await why.getByText('1,234').waitFor();
  expect(await why.getByText(/^It read/).count()).toBe(0);
  await picture(page, 'why-agent');
});
