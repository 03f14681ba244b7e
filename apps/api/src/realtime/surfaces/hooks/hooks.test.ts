import { randomUUID } from 'node:crypto';
import { maxHookBytes, maxMessageBytes, utf8Bytes, type KeyScope } from '@parley/contracts';
import { IncomingWebhook } from '@slack/webhook';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';

describe('hooks', () => {
  let world: TestApi;
  let owner: TestUser;
  beforeAll(async () => {
    world = await createTestApi({ LIMIT_SEND_PER_10_S: '8', LIMIT_ROOMS_PER_HOUR: '1000' }, 'pglite', { logLevel: 'trace' });
    owner = await world.register('olga');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function make(bot?: string) {
    const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Alerts' });
    const hook = await owner.http.hooks.create.mutate({ roomId, name: 'Builds', ...(bot !== undefined && { bot }) });
    const url = `${world.api.url}${hook.url}`;
    const post = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
      fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
    const said = async () => (await owner.http.messages.list.query({ roomId })).items.filter(({ kind }) => kind === 'text');
    return { roomId, hook, url, post, said };
  }

  test('a text is posted as a bot that was made for the hook, which is marked as one', async () => {
    const { roomId, hook, post, said } = await make();
    expect(hook).toMatchObject({
      name: 'Builds',
      status: 'active',
      lastUsedAt: null,
      madeBy: { username: 'olga' },
      bot: { avatar: { glyph: 'bot' } },
    });
    const response = await post({ content: 'Hello **all**, @olga' });
    expect(response.status).toBe(201);
    const [message] = await said();
    expect(await response.json()).toEqual({ messageId: message!.id });
    expect(message).toMatchObject({ content: 'Hello **all**, @olga', mentions: [owner.id], author: { id: hook.bot.id, name: 'Builds' } });
    const [listed] = await owner.http.hooks.list.query({ roomId });
    expect(listed).toMatchObject({ id: hook.id, status: 'active' });
    expect(JSON.stringify(listed)).not.toContain(hook.secret);
    await expect.poll(async () => (await owner.http.hooks.list.query({ roomId }))[0]!.lastUsedAt).not.toBeNull();
  });

  test('Slack’s own client is answered as by Slack, and its text calls nobody', async () => {
    const { url, said } = await make();
    const slack = new IncomingWebhook(url);
    const { text } = await slack.send({
      text: '/help is *not* a command, <https://example.com/a?b=1&amp;c=2|see> `a*b*`, @ada &lt;here&gt; <!here>',
      username: 'CI',
      attachments: [
        {
          color: 'danger',
          title: 'Build 7',
          title_link: 'https://example.com/7',
          text: '_failed_',
          fields: [{ title: 'Branch', value: 'main', short: true }],
        },
      ],
    });
    expect(text).toBe('ok');
    const [message, ...replies] = await said();
    expect(replies).toEqual([]);
    expect(message!.mentions).toEqual([]);
    expect(message!.content).toBe(
      '**CI**\n\n/help is **not** a command, [see](<https://example.com/a?b=1&c=2>) `a*b*`, @ada &lt;here&gt; @here\n\n🔴 **[Build 7](<https://example.com/7>)**\n\n_failed_\n\n**Branch**: main',
    );
  });

  test('a form with payload= is read, and JSON that curl sends as a form', async () => {
    const { post, said } = await make();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await (await post(`payload=${encodeURIComponent('{"text":"by form & more"}')}`, form)).text()).toBe('ok');
    expect((await post('{"content":"by curl"}', form)).status).toBe(201);
    expect((await said()).map(({ content }) => content)).toEqual(['by form & more', 'by curl']);
  });

  test('a form whose percent signs are no UTF-8 is refused; what another program quotes is posted as it can be stored', async () => {
    const { url, post, said } = await make();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('payload=%7B%22text%22%3A%22Gr%F6%DFe%22%7D', form)).status).toBe(400);
    expect(await said()).toEqual([]);
    expect((await post('payload=%7B%22text%22%3A%22100%+Gr%C3%B6%C3%9Fe%22%7D', form)).status).toBe(200);
    expect((await post('{"attachments":[{"title":"a\\u0000b","text":"half \\ud83d"}]}')).status).toBe(200);
    expect((await said()).map(({ content }) => content)).toEqual(['100% Größe', '**a\ufffdb**\n\nhalf \ufffd']);
    const looked = await fetch(url);
    expect([looked.status, looked.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  test('a repeat with the same Idempotency-Key posts nothing again, and another text under it is refused', async () => {
    const { post, said } = await make();
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'build-7' };
    const [first, second] = [await post({ text: 'once' }, headers), await post({ text: 'once' }, headers)];
    expect([first.status, second.status]).toEqual([200, 200]);
    const other = await post({ text: 'another' }, headers);
    expect([other.status, await other.json()]).toMatchObject([422, { code: 'IDEMPOTENCY_KEY_REUSED' }]);
    expect(await said()).toHaveLength(1);
  });

  test('what cannot be posted is refused with a code; a text that is too long is cut with a mark', async () => {
    const { post, said, url } = await make();
    const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];
    expect(await codeOf(await post('{"content":'))).toEqual([400, 'VALIDATION']);
    expect(await codeOf(await post('what is this'))).toEqual([400, 'VALIDATION']);
    expect(await codeOf(await post({ message: 'no form that is known' }))).toEqual([400, 'VALIDATION']);
    expect(await codeOf(await post({ text: ' ' }))).toEqual([400, 'MESSAGE_EMPTY']);
    expect(await codeOf(await post({ content: 'x'.repeat(maxHookBytes) }))).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(await codeOf(await post('['.repeat(10_000), {}))).toEqual([400, 'VALIDATION']);
    expect(await codeOf(await fetch(`${url}x`, { method: 'POST', body: '{"content":"hi"}' }))).toEqual([404, 'HOOK_NOT_FOUND']);
    expect((await post({ content: '👩‍👩‍👧'.repeat(3_000) })).status).toBe(201);
    const [cut, ...others] = await said();
    expect(others).toEqual([]);
    expect(utf8Bytes(cut!.content)).toBeLessThanOrEqual(maxMessageBytes);
    expect(cut!.content).toMatch(/^(?:👩‍👩‍👧)+\n\n… \*\(cut\)\*$/u);
  });

  test('a named bot of one’s own is used; nobody else’s is', async () => {
    await owner.http.bots.create.mutate({ username: 'helper' });
    const { hook } = await make('helper');
    expect(hook.bot.username).toBe('helper');
    const other = await world.register('otto');
    const { id: roomId } = await other.http.rooms.create.mutate({ name: 'His' });
    await expect(other.http.hooks.create.mutate({ roomId, name: 'Mine', bot: 'helper' })).rejects.toMatchObject({
      data: { appCode: 'USER_NOT_FOUND', field: 'bot' },
    });
    expect((await other.http.rooms.members.query({ roomId })).members).toHaveLength(1);
  });

  test('stops with its removal, its bot, and its room', async () => {
    const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];
    const [removed, botless, archived] = [await make(), await make(), await make()];
    await owner.http.hooks.remove.mutate({ roomId: removed.roomId, hookId: removed.hook.id });
    expect(await codeOf(await removed.post({ content: 'hi' }))).toEqual([404, 'HOOK_NOT_FOUND']);
    await owner.http.bots.remove.mutate({ username: botless.hook.bot.username });
    expect(await codeOf(await botless.post({ content: 'hi' }))).toEqual([409, 'HOOK_STOPPED']);
    expect(await owner.http.hooks.list.query({ roomId: botless.roomId })).toMatchObject([{ status: 'stopped' }]);
    await owner.http.rooms.archive.mutate({ roomId: archived.roomId, archived: true });
    expect(await codeOf(await archived.post({ content: 'hi' }))).toEqual([409, 'HOOK_STOPPED']);
    await owner.http.rooms.archive.mutate({ roomId: archived.roomId, archived: false });
    expect((await archived.post({ content: 'hi' })).status).toBe(201);
  });

  test('ends the bot that was made for it with itself, unless that has more to do, so that no bots pile up', async () => {
    const bots = async () => (await owner.http.bots.list.query()).map(({ user }) => user.username);
    const before = await bots();
    const remove = ({ roomId, hook }: Awaited<ReturnType<typeof make>>) => owner.http.hooks.remove.mutate({ roomId, hookId: hook.id });
    // More than a person may have bots.
    for (let i = 0; i < 21; i++) await remove(await make());
    expect(await bots()).toEqual(before);
    const [keyed, elsewhere, shared] = [await make(), await make(), await make()];
    await owner.http.keys.create.mutate({ name: 'more', scopes: ['rooms:read'], bot: keyed.hook.bot.username });
    await owner.http.rooms.addMember.mutate({ roomId: keyed.roomId, username: elsewhere.hook.bot.username });
    const second = await make(shared.hook.bot.username);
    for (const made of [keyed, elsewhere, shared]) await remove(made);
    const kept = [keyed, elsewhere, shared].map(({ hook }) => hook.bot.username);
    expect(await bots()).toEqual(expect.arrayContaining(kept));
    expect((await second.post({ content: 'hi' })).status).toBe(201);
    // Of a named bot the hook is no maker.
    await remove(second);
    expect(await bots()).toEqual(expect.arrayContaining(kept));
    // Several at once: whoever comes late is told of the bot, and never that their own account was disabled.
    const codes = (calls: Promise<unknown>[]) =>
      Promise.all(calls.map((each) => each.then(() => 'ok').catch((error: { data?: { appCode?: string } }) => error.data?.appCode)));
    const late = await make();
    for (const code of await codes([remove(late), remove(late), remove(late)])) expect(['ok', 'HOOK_NOT_FOUND']).toContain(code);
    expect(await bots()).not.toContain(late.hook.bot.username);
    for (const username of kept) {
      const each = () => owner.http.bots.remove.mutate({ username });
      for (const code of await codes([each(), each(), each()])) expect(['ok', 'USER_NOT_FOUND']).toContain(code);
    }
    expect(await bots()).toEqual(before);
  });

  test('made by a key is no way to a bot or a member that the key could not make', async () => {
    const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Alerts' });
    await owner.http.bots.create.mutate({ username: 'guarded' });
    const keyed = async (scopes: KeyScope[]) => world.as((await owner.http.keys.create.mutate({ name: 'hooks', scopes })).key).hooks;
    const [narrow, wide] = [await keyed(['hooks:write']), await keyed(['hooks:write', 'rooms:write'])];
    const refusedAs = (appCode: string) => ({ data: { appCode } });
    await expect(wide.create.mutate({ roomId, name: 'Builds' })).rejects.toMatchObject({ data: { appCode: 'VALIDATION', field: 'bot' } });
    await expect(narrow.create.mutate({ roomId, name: 'Builds', bot: 'guarded' })).rejects.toMatchObject(refusedAs('FORBIDDEN'));
    expect((await owner.http.rooms.members.query({ roomId })).members).toHaveLength(1);
    const { id: hookId } = await wide.create.mutate({ roomId, name: 'Builds', bot: 'guarded' });
    // It is in the room now.
    await narrow.create.mutate({ roomId, name: 'More', bot: 'guarded' });
    const { id, bot } = await owner.http.hooks.create.mutate({ roomId, name: 'Own' });
    for (const gone of [hookId, id]) await narrow.remove.mutate({ roomId, hookId: gone });
    expect((await owner.http.bots.list.query()).map(({ user }) => user.username)).toEqual(
      expect.arrayContaining(['guarded', bot.username]),
    );
    for (const username of ['guarded', bot.username]) await owner.http.bots.remove.mutate({ username });
  });

  test('its bot’s messages count as any sender’s, and the wait is told', async () => {
    const { post } = await make();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => post({ content: `${n}` })));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers } of refused) expect([status, Number(headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  test('its address is in no line of the log, whatever goes wrong', async () => {
    const { url, hook, post } = await make();
    await post({ content: 'fine' });
    await post('{');
    await post({ content: 'x'.repeat(maxHookBytes) });
    await fetch(url);
    await fetch(url, { method: 'POST', headers: { origin: 'https://evil.example' }, body: '{}' });
    await fetch(url.replace('/api/', '/%61pi/'), { method: 'POST', headers: { origin: 'https://evil.example' }, body: '{}' });
    await fetch(`${world.api.url}/api/hooks/${randomUUID()}`, { method: 'POST', body: '{"content":"hi"}' });
    await world.database.db.$executeRawUnsafe('alter table hooks rename to hooks_away');
    expect((await post({ content: 'an error of ours' })).status).toBe(500);
    await world.database.db.$executeRawUnsafe('alter table hooks_away rename to hooks');
    const log = world.logged.join('');
    expect(log).toContain('hooks.receive');
    expect(log).toContain('FORBIDDEN_ORIGIN');
    expect(log).not.toContain(hook.secret);
  });
});
