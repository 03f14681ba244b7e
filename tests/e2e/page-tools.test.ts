import { randomUUID } from 'node:crypto';
import { gate } from '@parley/model-server';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBookingServer, startMcpFixture, text, type FixtureServer } from './harness/mcp-server.js';
import { startProcess } from './harness/processes.js';
import { picture } from './harness/page-layout.js';
import { rowActions } from './harness/row-actions.js';
import { startPageScene, type PageScene } from './harness/page-scene.js';

let scene: PageScene;
let page: PageScene['page'];
let mcp: FixtureServer;
const stdioServer = new URL('../../apps/worker/src/mcp/stdio-server.fixture.mjs', import.meta.url);

beforeAll(async () => {
  const local = { command: process.execPath, args: [fileURLToPath(stdioServer), 'well'] };
  mcp = await startMcpFixture();
  scene = await startPageScene(undefined, {
    WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
    MCP_STDIO: JSON.stringify({ 'Files of this server': local }),
  });
  ({ page } = scene);
});
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]();
  await mcp?.[Symbol.asyncDispose]();
});

test('a character that was given tools shows what it does with them, and what it found, by keyboard too', async () => {
  const { ann, bo, url, cluster } = scene;
  await page.goto(`${url}/characters`);
  await page.getByRole('button', { name: 'New character' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('Scout');
  await dialog.getByRole('textbox', { name: 'Who it is and how it answers' }).fill('You find things.');
  await dialog.getByRole('checkbox', { name: 'Search the room' }).check();
  await dialog.getByRole('checkbox', { name: 'Read messages' }).check();
  await dialog.getByText('Tools (optional)').scrollIntoViewIfNeeded();
  await picture(page, 'tools-form');
  await dialog.getByRole('button', { name: 'Create character' }).click();
  await page.getByRole('heading', { name: 'Scout' }).waitFor();
  const scout = (await ann.socket.characters.list.query()).find(({ character }) => character.handle === 'scout')!.character;

  const { id: roomId } = await ann.socket.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
  await ann.socket.rooms.addMember.mutate({ roomId, username: 'bo' });
  await ann.socket.rooms.addCharacter.mutate({ roomId, characterId: scout.id });
  const say = (content: string) => bo.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  await say('The importer moves at four.');
  await say('Who feeds the importer on Sunday?');
  const door = gate();
  cluster.model.script(({ turns }) => {
    const given = turns.filter(({ role }) => role === 'tool').length;
    if (given === 0) return { steps: [{ call: { name: 'search_room', arguments: { query: 'importer' } } }] };
    if (given === 1) return { steps: [{ call: { name: 'read_messages', arguments: { from: 'someday' } } }] };
    return {
      steps: (async function* () {
        yield { until: door.opened };
        yield 'It moves at four [#1].';
      })(),
    };
  });
  await page.goto(`${url}/rooms/${roomId}`);
  await say('@scout when does it move?');
  const log = page.getByRole('log', { name: 'Messages' });
  const steps = log.getByRole('list', { name: 'Tools' });
  await steps.getByText('Searched the room for “importer”').waitFor();
  await steps.getByText('· 2 found').waitFor();
  await steps.getByText('· failed').waitFor();
  await picture(page, 'tools-running');
  door.open();
  await log.getByText('It moves at four').waitFor();

  const folded = steps.locator('summary').first();
  await folded.focus();
  await page.keyboard.press('Enter');
  await steps.getByText('Who feeds the importer on Sunday?').waitFor();
  await steps.getByText('cited').waitFor();
  await picture(page, 'tools-open');
  await steps.locator('summary').nth(1).click();
  await steps.getByText('Give from and to as ISO 8601').waitFor();

  const answer = log.getByRole('article').filter({ hasText: 'It moves at four' });
  await (await rowActions(answer)).getByRole('button', { name: /^More/ }).click();
  await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  await why.getByText('It called 2 tools').waitFor();
  await why.getByText('Searched the room for “importer”').click();
  await why.getByText('The importer moves at four.').first().waitFor();
  await picture(page, 'tools-why');
  const { items } = await ann.socket.messages.list.query({ roomId, limit: 1 });
  expect(items[0]!.reply!.tools).toEqual([
    { callId: '0.0', tool: 'search_room', asked: 'importer', state: 'done', found: 2 },
    { callId: '1.0', tool: 'read_messages', asked: 'from someday', state: 'failed', found: null },
  ]);
});

test('an admin adds an MCP server, sees what it offers, and gives a character some of its tools, by keyboard too', async () => {
  const { ann, bo, url, cluster } = scene;
  mcp.tools = [
    {
      name: 'tide_times',
      description: 'Says when the tide is in at a harbour, for a day.\nTakes the name of the harbour.',
      annotations: { readOnlyHint: true },
      inputSchema: { type: 'object', properties: { harbour: { type: 'string' } }, required: ['harbour'] },
      run: ({ harbour }) => text(`At ${String(harbour)} the tide is in at 16:40.`),
    },
    { name: 'move_buoy', description: 'Moves a buoy.' },
  ];
  const { DATABASE_URL, NATS_URL, PARLEY_ENV } = cluster.servers.variables as Record<string, string>;
  await startProcess('admin', { DATABASE_URL: DATABASE_URL!, NATS_URL: NATS_URL!, PARLEY_ENV: PARLEY_ENV! }, { args: ['ann'] }).exited;
  const section = page.getByRole('region', { name: 'MCP servers' });
  // The API trusts for a while what it knew of the page's session: a call may be refused until then.
  await expect
    .poll(async () => {
      await page.goto(`${url}/settings`);
      await page.getByRole('region', { name: 'Your data' }).waitFor();
      if ((await section.count()) === 0) return 'no admin';
      await section.getByRole('button').or(section.getByRole('alert')).first().waitFor();
      return section.getByRole('alert').count();
    })
    .toBe(0);
  await section.getByRole('button', { name: 'Add a server' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^A command/ }).waitFor();
  await dialog.getByRole('button', { name: 'Add and check' }).click();
  await dialog.getByText('Give it a name.', { exact: false }).waitFor();
  await dialog.getByLabel('Name', { exact: true }).fill('Tides');
  await dialog.getByRole('textbox', { name: 'Address' }).fill(mcp.url);
  await dialog.getByLabel('Header (optional)').fill('Authorization');
  await dialog.getByRole('button', { name: 'Add and check' }).click();
  await dialog.getByText('Write the secret that the header carries.').waitFor();
  await dialog.getByLabel('Its secret').fill('Bearer of tides');
  await picture(page, 'mcp-add');
  await dialog.getByLabel('Its secret').press('Enter');
  await section.getByText('2 tools').waitFor();
  await section.getByText('2 tools').focus();
  await page.keyboard.press('Enter');
  await section.getByText('move_buoy').waitFor();
  expect(await section.getByText('may change something', { exact: true }).count()).toBe(2);
  await section.getByRole('button', { name: 'Change Tides' }).click();
  await dialog.getByRole('checkbox', { name: 'Trust this server' }).check();
  await dialog.getByRole('button', { name: 'Save and check' }).click();
  await section.getByText('only reads', { exact: true }).waitFor();
  expect(mcp.requests.every(({ headers }) => headers.authorization === 'Bearer of tides')).toBe(true);
  await section.getByRole('button', { name: 'Add a server' }).click();
  await dialog.getByLabel('Name', { exact: true }).fill('Local');
  await dialog.getByText('A command', { exact: true }).click();
  await dialog.getByRole('button', { name: 'Add and check' }).click();
  await section.getByText('3 tools').waitFor();
  await section.getByRole('heading', { name: 'Tides' }).scrollIntoViewIfNeeded();
  await picture(page, 'mcp-list');

  const { character } = await ann.socket.characters.create.mutate({
    handle: 'keeper',
    name: 'Keeper',
    systemPrompt: 'You keep the harbour.',
  });
  await page.goto(`${url}/characters`);
  await page.getByRole('button', { name: 'Edit Keeper' }).click();
  await dialog.getByRole('checkbox', { name: 'Tides' }).check();
  await dialog.getByText('All its tools').click();
  await dialog.getByRole('checkbox', { name: 'move_buoy' }).uncheck();
  await dialog.getByText('1 of 2 tools').waitFor();
  await dialog.getByText('MCP servers (optional)').scrollIntoViewIfNeeded();
  await picture(page, 'mcp-form');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const [given] = await bo.socket.mcpServers.attached.query({ characterId: character.id });
  expect(given).toMatchObject({ name: 'Tides', tools: ['tide_times'] });

  // A new one has those that were chosen as it is made.
  await page.getByRole('button', { name: 'New character' }).click();
  await dialog.getByLabel('Name', { exact: true }).fill('Pilot');
  await dialog.getByRole('textbox', { name: 'Who it is and how it answers' }).fill('You bring ships in.');
  await dialog.getByRole('checkbox', { name: 'Tides' }).press('Space');
  await dialog.getByText('MCP servers (optional)').scrollIntoViewIfNeeded();
  await picture(page, 'mcp-new-form');
  await dialog.getByRole('button', { name: 'Create character' }).click();
  await dialog.waitFor({ state: 'detached' });
  const pilot = (await bo.socket.characters.list.query()).find(({ character: { handle } }) => handle === 'pilot')!;
  expect(await bo.socket.mcpServers.attached.query({ characterId: pilot.character.id })).toMatchObject([{ name: 'Tides', tools: null }]);

  const { id: roomId } = await ann.socket.rooms.create.mutate({ name: 'Pier', visibility: 'private' });
  await ann.socket.rooms.addCharacter.mutate({ roomId, characterId: character.id });
  cluster.model.script(({ turns }) =>
    turns.some(({ role }) => role === 'tool')
      ? { steps: ['The tide is in at 16:40.'] }
      : { steps: [{ call: { name: 'tides__tide_times', arguments: { harbour: 'Oslo' } } }] },
  );
  await page.goto(`${url}/rooms/${roomId}`);
  await ann.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@keeper when is the tide in?' });
  const log = page.getByRole('log', { name: 'Messages' });
  await log.getByText('The tide is in at 16:40.', { exact: true }).waitFor();
  const steps = log.getByRole('list', { name: 'Tools' });
  await steps.getByText('tides · tide_times').click();
  await steps.getByText('At Oslo the tide is in at 16:40.').waitFor();
  await picture(page, 'mcp-step');
});

test('a call that changes something waits in sight of all until its asker allows it, by keyboard, and can be taken back in the settings', async () => {
  const { ann, bo, url, cluster } = scene;
  await using train = await startBookingServer();
  const { DATABASE_URL, NATS_URL, PARLEY_ENV } = cluster.servers.variables;
  const admin = startProcess('admin', { DATABASE_URL: DATABASE_URL!, NATS_URL: NATS_URL!, PARLEY_ENV: PARLEY_ENV! }, { args: ['ann'] });
  expect((await admin.exited).code).toBe(0);
  const { character } = await ann.socket.characters.create.mutate({ handle: 'clerk', name: 'Clerk', systemPrompt: 'You book seats.' });
  await expect
    .poll(() =>
      ann.http.mcpServers.create.mutate({ name: 'Train', url: train.url }).then(
        () => 'made',
        (error: unknown) => String(error),
      ),
    )
    .toBe('made');
  const { servers } = await ann.http.mcpServers.list.query();
  await ann.http.mcpServers.attach.mutate({
    characterId: character.id,
    servers: [{ serverId: servers.find(({ name }) => name === 'Train')!.id }],
  });
  const { id: roomId } = await ann.socket.rooms.create.mutate({ name: 'Platform', visibility: 'private' });
  await ann.socket.rooms.addMember.mutate({ roomId, username: 'bo' });
  await ann.socket.rooms.addCharacter.mutate({ roomId, characterId: character.id });
  const ask = (by: PageScene['bo']) =>
    by.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@clerk book us two seats' });
  const wanted = { seats: 2, class: 'first', to: 'Lisbon', note: 'By the window, please. '.repeat(30), passengers: ['Ann', 'Bo'] };
  cluster.model.script(({ turns, tools }) =>
    turns.at(-1)!.role === 'tool'
      ? { steps: ['Done as asked.'] }
      : {
          steps: ['I can book that for you.', { call: { name: tools.find(({ name }) => name.endsWith('book'))!.name, arguments: wanted } }],
        },
  );
  await page.goto(`${url}/rooms/${roomId}`);
  const log = page.getByRole('log', { name: 'Messages' });

  // Of what another asked she sees that it waits, and for whom; not what would be sent.
  const { replies } = await ask(bo);
  await log.getByText('waits for bo’s yes').waitFor();
  await page.getByText('Clerk waits for bo’s yes').waitFor();
  expect(await page.getByText('"passengers"').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Allow once' }).count()).toBe(0);
  await picture(page, 'allow-other');
  const [theirs] = await bo.socket.replies.calls.query({ messageId: replies[0]!.id });
  await bo.socket.replies.allow.mutate({ messageId: replies[0]!.id, callId: theirs!.callId, answer: 'deny' });
  await log.getByText('Done as asked.').waitFor();
  await log.getByText('· not allowed').waitFor();
  expect(train.booked).toEqual([]);

  // An answer for her alone asks in the same way.
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('/ask private @clerk book us two seats');
  await box.press('Enter');
  const alone = page.getByRole('article', { name: /Only you see this/ });
  await alone.getByText('waiting for you').waitFor();
  const card = alone.getByRole('region', { name: 'Clerk asks to use book' });
  await card.getByText('"passengers"').waitFor();
  await page.getByRole('status', { name: 'New messages' }).getByText('Clerk asks to use book, and waits for your answer.').waitFor();
  await picture(page, 'allow-private');
  await card.getByRole('button', { name: 'Deny' }).press('Enter');
  await alone.getByText('Done as asked.').waitFor();
  expect(train.booked).toEqual([]);
  await alone.getByRole('button', { name: 'Dismiss' }).click();
  await alone.waitFor({ state: 'detached' });

  // Meanwhile nobody else waits for her answer.
  await ask(ann);
  const asks = log.getByRole('region', { name: /Clerk asks to use/ });
  await asks.getByText('"passengers"').waitFor();
  await page.getByText('Clerk waits for your yes').waitFor();
  await picture(page, 'allow');
  await asks.getByRole('group', { name: 'What would be sent' }).focus();
  await page.keyboard.press('Tab');
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Allow once');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => log.getByText('Done as asked.').count()).toBe(2);
  expect(await asks.count()).toBe(0);
  expect(train.booked).toEqual([wanted]);
  await ask(ann);
  await expect.poll(() => log.getByText('Done as asked.').count()).toBe(3);
  expect(train.booked).toEqual([wanted, wanted]);

  // Each call says afterwards who allowed it, to everyone, and where the answer is explained.
  const answer = log.getByRole('article').filter({ hasText: 'Done as asked.' }).last();
  await answer.getByText('train · book').click();
  await answer.getByText(/^Always allowed here by ann\.$/i).waitFor();
  await (await rowActions(answer)).getByRole('button', { name: /^More/ }).click();
  await page.getByRole('menuitem', { name: 'Why this answer?' }).click();
  const why = page.getByRole('complementary', { name: 'Why this answer' });
  await why.getByText('train · book').click();
  await why.getByText(/^Always allowed here by ann\.$/i).waitFor();
  await picture(page, 'allow-why');

  await page.goto(`${url}/settings`);
  const allowed = page.getByRole('region', { name: 'Tools that characters may use' });
  await allowed.getByText('Platform').waitFor();
  await allowed.scrollIntoViewIfNeeded();
  await picture(page, 'allow-settings');
  await allowed.getByRole('button', { name: /^Ask again before Clerk uses/ }).press('Enter');
  await allowed.getByText('Characters ask you each time').waitFor();
});
