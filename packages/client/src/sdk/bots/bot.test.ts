import type { InboxEvent, MessageView } from '@parley/contracts';
import { expect, test } from 'vitest';
import { eventStream, problem, ScriptedRest, type RestAnswer, type RestCall } from '../../testing/scripted-rest.js';
import { message as messageView, room as roomView } from '../../testing/views.js';
import { Parley } from '../parley.js';
import type { Bot } from './bot.js';

const roomId = '11111111-1111-4111-8111-111111111111';
const me = { id: 'bot-1', username: 'scout', displayName: 'Scout', avatar: { hue: 0, glyph: 'bot' }, role: 'user', createdAt: '' };

/** The server of one bot in one room, where a test says things. */
class BotServer implements AsyncDisposable {
  readonly rest: ScriptedRest;
  readonly messages: MessageView[] = [];
  readonly said: RestCall['body'][] = [];
  readSeq = 0;
  commands: unknown = null;
  /** Answers instead of what follows; undefined lets it. */
  onCall: (call: RestCall) => RestAnswer | undefined = () => undefined;
  #tell: ((event: InboxEvent) => void) | null = null;
  #cut: () => void = () => {};

  private constructor(rest: ScriptedRest) {
    this.rest = rest;
    rest.answer = (call) => this.onCall(call) ?? this.#answer(call);
  }

  static async start(): Promise<BotServer> {
    return new BotServer(await ScriptedRest.start());
  }

  bot(options?: Parameters<Parley['bot']>[0]): Bot {
    return new Parley({ url: this.rest.url, key: 'parley_key', backoff: { firstMs: 1, maxMs: 1 } }).bot(options);
  }

  /** Somebody says something. @param heard whether the inbox tells of it */
  say(content: string, more: Partial<MessageView> = {}, heard = true): MessageView {
    const mentions = /@scout/i.test(content) ? [me.id] : [];
    const said = messageView(this.messages.length + 1, this.messages.length + 1, { roomId, content, mentions, ...more });
    this.messages.push(said);
    if (!heard) return said;
    if (said.mentions.length > 0) this.#tell?.({ type: 'mention', roomId: said.roomId, messageId: said.id });
    const { lastSeq, lastReadSeq, unread, mentions: count } = this.#mine;
    this.#tell?.({ type: 'counters', roomId: said.roomId, lastSeq, lastReadSeq, unread, mentions: count });
    return said;
  }

  tell(event: InboxEvent): void {
    this.#tell!(event);
  }

  /** Breaks the stream; the bot comes back by itself. */
  cut(): void {
    this.#cut();
  }

  get #mine() {
    const unread = this.messages.filter(({ seq }) => seq > this.readSeq);
    return {
      role: 'member' as const,
      lastReadSeq: this.readSeq,
      lastSeq: this.messages.length,
      unread: unread.length,
      mentions: unread.filter(({ mentions }) => mentions.includes(me.id)).length,
      muted: false,
      direct: null,
    };
  }

  #answer({ method, path, query, body }: RestCall): RestAnswer {
    if (path === '/api/auth/validate') return [200, { valid: true, user: me }];
    if (path === '/api/bots/me/commands') return [200, { ok: (this.commands = body.commands) }];
    if (path === '/api/inbox/events') {
      return eventStream((send, response) => {
        this.#tell = send;
        this.#cut = () => response.destroy();
        send({ type: 'snapshot', rooms: [{ room: roomView(1, { id: roomId }), mine: this.#mine }], privateReplies: [] });
      });
    }
    if (path === `/api/rooms/${roomId}/read`) {
      this.readSeq = Math.max(this.readSeq, body.seq as number);
      return [200, { lastReadSeq: this.readSeq, unread: 0 }];
    }
    if (path === `/api/rooms/${roomId}/messages` && method === 'GET') {
      const after = Number(query.get('after'));
      const items = this.messages.filter(({ seq }) => seq > after).slice(0, Number(query.get('limit')));
      return [200, { items, hasBefore: false, hasAfter: (items.at(-1)?.seq ?? after) < this.messages.length, rev: 1 }];
    }
    if (path === `/api/rooms/${roomId}/messages`) {
      this.said.push(body);
      return [201, { message: messageView(0, 0, body as Partial<MessageView>), replies: [], privateReply: null }];
    }
    const found = this.messages.find(({ id }) => path === `/api/messages/${id}`);
    return found ? [200, found] : problem(404, 'NOT_FOUND');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rest[Symbol.asyncDispose]();
  }
}

test('is called for mentions, without its name before them, and its answer is one whose id the message decides', async () => {
  await using server = await BotServer.start();
  const given: string[] = [];
  const bot = server.bot().on('mention', async (message) => {
    given.push(message.text);
    await message.reply('Yes');
    await message.reply('And');
  });
  await bot.start();
  server.say('@scout: hello');
  server.say('Nothing');
  server.say('@scouts are others');
  server.say('Ask @Scout, please');
  server.say('Gone @scout', { deletedAt: '2026-01-01T00:00:00.000Z' });
  server.say('@scout I am a bot too', { author: { ...messageView(1, 1).author, avatar: me.avatar } });
  server.say('@scout I am you', { author: { ...messageView(1, 1).author, id: me.id } });
  await expect.poll(() => server.readSeq).toBe(7);
  // The server decides what a mention is.
  expect(given).toEqual(['hello', '@scouts are others', 'Ask @Scout, please']);
  expect(server.said.map(({ content, replyTo }) => [content, replyTo])).toEqual(
    ['message-1', 'message-3', 'message-4'].flatMap((id) => [
      ['Yes', id],
      ['And', id],
    ]),
  );
  const ids = server.said.map(({ clientId }) => clientId);
  expect(new Set(ids).size).toBe(6);
  await bot.stop();
  // As a process that came after one which died is given it again.
  server.readSeq = 0;
  server.said.length = 0;
  const second = server.bot().on('mention', async (message) => void (await message.reply('Other words')));
  await second.start();
  await expect.poll(() => server.said.map(({ clientId }) => clientId)).toEqual([ids[0], ids[2], ids[4]]);
  await second.stop();
});

test('is called for what is said while it runs, in order, one after another, through the loss of its stream; of what it missed, for mentions', async () => {
  await using server = await BotServer.start();
  server.say('Missed', {}, false);
  server.say('@scout missed', {}, false);
  const given: string[] = [];
  let free = () => {};
  const bot = server
    .bot()
    .on('mention', ({ content }) => given.push(`mention ${content}`))
    .on('message', async ({ content }) => {
      given.push(`message ${content}`);
      if (content === 'wait') await new Promise<void>((resolve) => (free = resolve));
    });
  await bot.start();
  await expect.poll(() => given).toEqual(['mention @scout missed']);
  server.say('wait');
  await expect.poll(() => given.length).toBe(2);
  server.cut();
  server.say('in between', {}, false);
  server.say('@scout in between', {}, false);
  await expect.poll(() => server.rest.calls.filter(({ path }) => path === '/api/inbox/events').length).toBe(2);
  free();
  await expect.poll(() => server.readSeq).toBe(5);
  server.say('last');
  await expect
    .poll(() => given.slice(1))
    .toEqual(['message wait', 'message in between', 'message @scout in between', 'mention @scout in between', 'message last']);
  await bot.stop();
  expect(server.readSeq).toBe(6);
});

test('a mention that an edit made is given once; one whose handler throws is told of and done with', async () => {
  await using server = await BotServer.start();
  const told: unknown[] = [];
  const bot = server
    .bot()
    .on('mention', ({ content }) => {
      throw new Error(content);
    })
    .on('error', (error, { id }) => told.push(`${id} ${String(error)}`));
  await bot.start();
  server.say('@scout one');
  const plain = server.say('two');
  await expect.poll(() => server.readSeq).toBeGreaterThan(0);
  server.say('@scout three');
  await expect.poll(() => told.length).toBe(2);
  Object.assign(plain, { content: 'two @scout', mentions: [me.id] });
  const mention = { type: 'mention', roomId: plain.roomId, messageId: plain.id } as const;
  server.tell(mention);
  server.tell(mention);
  await expect.poll(() => told).toEqual(['message-1 Error: @scout one', 'message-3 Error: @scout three', 'message-2 Error: two @scout']);
  await bot.stop();
  expect(told).toHaveLength(3);
});

test('an answer that was given already in other words is the answer', async () => {
  await using server = await BotServer.start();
  const answers: string[] = [];
  let first: string | undefined;
  server.onCall = ({ method, path, body }) => {
    if (method !== 'POST' || !path.endsWith('/messages')) return undefined;
    first = body.clientId as string;
    server.say('In other words', { clientId: first, author: { ...messageView(1, 1).author, id: me.id } }, false);
    return problem(409, 'CLIENT_ID_REUSED');
  };
  const bot = server.bot().on('mention', async (message) => answers.push((await message.reply('Words')).content));
  await bot.start();
  server.say('@scout');
  await expect.poll(() => answers).toEqual(['In other words']);
  await bot.stop();
});

test('commands are said at the start, and a call of one is given to it and to nobody else', async () => {
  await using server = await BotServer.start();
  const given: unknown[] = [];
  const bot = server
    .bot()
    .command('deploy', { help: 'Deploys', args: 'where' }, async ({ name, args, message, reply }) => {
      given.push([name, args, message.id]);
      await reply('Deployed');
    })
    .command('Status', { help: 'Says how things are' }, () => {})
    .on('mention', ({ content }) => given.push(content));
  await bot.start();
  expect(server.commands).toEqual([
    { name: 'deploy', help: 'Deploys', arguments: 'where' },
    { name: 'status', help: 'Says how things are', arguments: '' },
  ]);
  const call = (name: string, botId = me.id) => ({ mentions: [me.id], botCommand: { botId, name, args: 'prod' } }) as Partial<MessageView>;
  server.say('/deploy prod', call('deploy'));
  server.say('/other prod', call('other'));
  server.say('/deploy@another prod @scout', call('deploy', 'another'));
  await expect.poll(() => server.readSeq).toBe(3);
  expect(given).toEqual([['deploy', 'prod', 'message-1'], '/other prod', '/deploy@another prod @scout']);
  expect(server.said).toMatchObject([{ content: 'Deployed', replyTo: 'message-1' }]);
  expect(() => bot.command('late', { help: '' }, () => {})).toThrow('before the bot starts');
  await bot.stop();
});

test('a start that cannot go well rejects; a bot whose key ends, ends', async () => {
  await using server = await BotServer.start();
  server.onCall = ({ path }) => (path.endsWith('/read') ? problem(403, 'FORBIDDEN') : undefined);
  await expect(server.bot().start()).rejects.toMatchObject({ code: 'FORBIDDEN' });
  server.onCall = ({ path }) => (path === '/api/auth/validate' ? [200, { valid: false }] : undefined);
  await expect(server.bot().start()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  server.onCall = () => undefined;
  const bot = server.bot();
  await bot.start();
  await expect(bot.start()).rejects.toThrow('runs already');
  const { ended } = bot;
  server.onCall = () => problem(401, 'SESSION_REVOKED');
  server.cut();
  await expect(ended).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  await bot.stop();
  server.onCall = () => undefined;
  await bot.start();
  const quietly = bot.ended;
  await bot.stop();
  await quietly;
});

test('a bot that waits for mentions reads a busy room a page at a time', async () => {
  await using server = await BotServer.start();
  const bot = server.bot().on('mention', () => {});
  await bot.start();
  for (let n = 0; n < 60; n++) server.say(`text ${n}`);
  await expect.poll(() => server.readSeq).toBeGreaterThan(50);
  expect(server.rest.calls.filter(({ method, path }) => method === 'GET' && path.endsWith('/messages')).length).toBeLessThan(10);
  await bot.stop();
});
