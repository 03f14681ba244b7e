import { isBot } from '@parley/contracts';
import type { Calls } from '../calls/calls.js';
import { followStream } from '../calls/follow-stream.js';
import { ParleyError } from '../parley-error.js';
import type { AccountView, InboxEvent, JoinedRoom, MessageView } from '../views.js';
import { botMessage, type BotMessage } from './bot-message.js';
import { RoomReader } from './room-reader.js';

export interface BotOptions {
  /** Whether the bot is given what other bots say. Two bots that answer each other never stop. @default false */
  hearsBots?: boolean;
}

/** What a bot can be called for. */
export interface BotEvents {
  /** Somebody mentioned the bot. Also what was said while no process of the bot ran. */
  mention(message: BotMessage): unknown;
  /** Somebody said something, in a room that the bot is in, while it runs. */
  message(message: BotMessage): unknown;
  /** A handler threw. Without a handler for it, it is printed. */
  error(error: unknown, message: BotMessage): unknown;
}

export interface CommandOptions {
  /** What the command does, in a few words: the list of commands and `/help` show it. */
  help: string;
  /** What stands after the name, as help shows it: `[a]` is optional, `|` is either. @default nothing */
  args?: string;
}

/** A call of one of the bot's commands. */
export interface CommandCall extends Pick<BotMessage, 'room' | 'reply' | 'react'> {
  name: string;
  /** What stands after the name, without spaces around it. */
  args: string;
  /** The message that is the call. */
  message: BotMessage;
}

/** How far behind the end of a room a bot may be that waits for mentions only, in messages: less than a page. */
const maxBehind = 50;
/** How many messages are remembered, so that none of them is given to the bot twice. */
const maxRemembered = 1_000;

/**
 * A bot: it is called for what is said to it. In each room its handlers are called for one message after another, in order; a message is done with
 * when they have settled, and the bot's read position, which the server keeps, moves behind it. So what was not done with when a process died
 * is given to the next.
 */
export class Bot {
  readonly #calls: Calls;
  readonly #hearsBots: boolean;
  readonly #handlers: { [Name in keyof BotEvents]: BotEvents[Name][] } = { mention: [], message: [], error: [] };
  readonly #commands = new Map<string, CommandOptions & { handler(call: CommandCall): unknown }>();
  readonly #rooms = new Map<string, RoomReader>();
  readonly #work = new Set<Promise<void>>();
  /** Ids of messages that mentioned the bot and were given to it. */
  readonly #given = new Set<string>();
  #me: AccountView | null = null;
  #run: { stop: AbortController; ended: Promise<void> } | null = null;
  #fail: (error: unknown) => void = () => {};
  /** The end of each room when the bot started: what is up to there was missed. */
  #missedUpTo: Map<string, number> | null = null;

  constructor(calls: Calls, { hearsBots = false }: BotOptions = {}) {
    this.#calls = calls;
    this.#hearsBots = hearsBots;
  }

  /** Has a function called for each of these events. If it returns a promise, the next message of the room waits for it. */
  on<Name extends keyof BotEvents>(name: Name, handler: BotEvents[Name]): this {
    this.#handlers[name].push(handler);
    return this;
  }

  /**
   * Has a function called for `/name` in the rooms of the bot, where the list of commands and `/help` show it from the start on. A call is
   * promised as a mention is, and is none.
   *
   * @param name without the slash
   */
  command(name: string, options: CommandOptions, handler: (call: CommandCall) => unknown): this {
    if (this.#run) throw new Error('Say which commands there are before the bot starts.');
    this.#commands.set(name.toLowerCase(), { ...options, handler });
    return this;
  }

  /**
   * Begins to listen. Resolves when the bot hears what is said.
   *
   * @throws ParleyError if the key is not good, or may not do what a bot has to: it needs `messages:read`, `messages:write` and `rooms:write`
   */
  async start(): Promise<void> {
    if (this.#run) throw new Error('The bot runs already.');
    const stop = new AbortController();
    const ready = settledLater();
    const ended = settledLater();
    let isReady = false;
    this.#run = { stop, ended: ended.promise };
    // Once the bot runs its end is a rejection that nobody handles, unless somebody asks for `ended`: the process does not go on deaf.
    this.#fail = (error) => {
      stop.abort();
      (isReady ? ended : ready).reject(error);
    };
    stop.signal.addEventListener('abort', () => void Promise.allSettled(this.#work).then(() => ended.resolve()));
    void this.#listen(stop.signal, ready.resolve).then(ready.resolve, this.#fail);
    try {
      await ready.promise;
      isReady = true;
    } catch (error) {
      this.#run = null;
      throw error;
    }
  }

  /** Settles when the bot has stopped; rejects if the server refuses it: its key has ended. */
  get ended(): Promise<void> {
    return this.#run?.ended ?? Promise.resolve();
  }

  /** Ends. Resolves when the handlers that run have settled, and the server knows what is done with. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    run.stop.abort();
    await Promise.allSettled(this.#work);
    await Promise.all([...this.#rooms.values()].map((room) => room.mark()));
    this.#rooms.clear();
    this.#missedUpTo = null;
    if (this.#run === run) this.#run = null;
  }

  async #listen(signal: AbortSignal, begun: () => void): Promise<void> {
    this.#me = await this.#calls.me();
    await this.#sayCommands();
    for await (const event of followStream<InboxEvent>(this.#calls, () => '/api/inbox/events', signal)) {
      switch (event.type) {
        case 'snapshot':
          if (!this.#missedUpTo) await this.#tryMark(event.rooms);
          this.#missedUpTo ??= new Map(event.rooms.map(({ room, mine }) => [room.id, mine.lastSeq]));
          this.#takeRooms(event.rooms, signal);
          begun();
          break;
        case 'room':
          if (event.mine) this.#takeRoom({ room: event.room, mine: event.mine }, signal);
          else this.#rooms.delete(event.room.id);
          break;
        case 'counters':
          this.#readIfDue(event.roomId, event);
          break;
        case 'mention':
          this.#do(() => this.#mentioned(event, signal));
          break;
        case 'privateReply':
        case 'privateReplyDismissed':
        case 'server':
      }
    }
  }

  /** Tells the server which commands there are, in place of those that an earlier program of the bot had. */
  async #sayCommands(): Promise<void> {
    const commands = [...this.#commands].map(([name, { help, args = '' }]) => ({ name, help, arguments: args }));
    const said = this.#calls.call('PUT', '/api/bots/me/commands', { body: { commands } });
    if (commands.length > 0) await said;
    // A bot without commands needs no right to have some, and a person, by whose key it may run, has none.
    else await said.catch(() => {});
  }

  /** Finds out at the start whether the key may move the read position, on which all depends later. */
  async #tryMark([first]: JoinedRoom[]): Promise<void> {
    if (first) await this.#calls.call('PUT', `/api/rooms/${first.room.id}/read`, { body: { seq: first.mine.lastReadSeq } });
  }

  #takeRooms(rooms: JoinedRoom[], signal: AbortSignal): void {
    const ids = new Set(rooms.map(({ room }) => room.id));
    for (const id of this.#rooms.keys()) if (!ids.has(id)) this.#rooms.delete(id);
    for (const room of rooms) this.#takeRoom(room, signal);
  }

  #takeRoom({ room: { id: roomId }, mine }: JoinedRoom, signal: AbortSignal): void {
    let reader = this.#rooms.get(roomId);
    if (!reader) {
      reader = new RoomReader({
        calls: this.#calls,
        roomId,
        readSeq: mine.lastReadSeq,
        handle: (message) => this.#handle(message),
        matters: (message) => this.#mentions(message),
        onRefused: (error) => this.#refused(roomId, error),
        signal,
      });
      this.#rooms.set(roomId, reader);
      // Nothing that was missed is for the bot.
      if (mine.mentions === 0) reader.skipTo(Math.min(mine.lastSeq, this.#missedUpTo?.get(roomId) ?? 0));
    }
    this.#readIfDue(roomId, mine);
  }

  /** Reads a room of which the inbox told something, if there may be something for the bot in it. */
  #readIfDue(roomId: string, { lastSeq, mentions }: { lastSeq: number; mentions: number }): void {
    const reader = this.#rooms.get(roomId);
    if (!reader || lastSeq <= reader.seq) return;
    if (mentions > 0 || this.#handlers.message.length > 0 || lastSeq - reader.seq > maxBehind) this.#do(() => reader.read());
  }

  async #mentioned({ roomId, messageId }: { roomId: string; messageId: string }, signal: AbortSignal): Promise<void> {
    const reader = this.#rooms.get(roomId);
    if (!reader) return;
    await reader.read();
    if (this.#given.has(messageId) || signal.aborted) return;
    // An edit mentions the bot in a message that was read already.
    const message = await this.#calls.call<MessageView>('GET', `/api/messages/${messageId}`, { signal }).catch(() => null);
    if (message && message.seq <= reader.seq && !this.#given.has(messageId)) await this.#handle(message, { late: true });
  }

  async #handle(message: MessageView, { late = false } = {}): Promise<void> {
    const me = this.#me!;
    if (message.author.id === me.id || message.deletedAt !== null) return;
    if (!this.#hearsBots && isBot(message.author)) return;
    const mentioned = this.#mentions(message) && !this.#given.has(message.id);
    const isMissed = message.seq <= (this.#missedUpTo?.get(message.roomId) ?? 0);
    const said = message.kind === 'text' && !isMissed && !late;
    if (!mentioned && !(said && this.#handlers.message.length > 0)) return;
    if (mentioned) this.#remember(message.id);
    const given = botMessage(this.#calls, me, message);
    if (said) for (const handler of this.#handlers.message) await this.#call(handler, given);
    if (!mentioned) return;
    const { botCommand: called } = message;
    const command = called?.botId === me.id ? this.#commands.get(called.name) : undefined;
    if (called && command) {
      const { room, reply, react } = given;
      await this.#call((asked) => command.handler({ name: called.name, args: called.args, message: asked, room, reply, react }), given);
    } else for (const handler of this.#handlers.mention) await this.#call(handler, given);
  }

  #mentions({ mentions }: MessageView): boolean {
    return this.#me !== null && mentions.includes(this.#me.id);
  }

  async #call(handler: (message: BotMessage) => unknown, message: BotMessage): Promise<void> {
    try {
      await handler(message);
    } catch (error) {
      const { error: listeners } = this.#handlers;
      if (listeners.length === 0) console.error(error);
      for (const listener of listeners) {
        try {
          await listener(error, message);
        } catch (another) {
          console.error(another);
        }
      }
    }
  }

  #remember(messageId: string): void {
    this.#given.add(messageId);
    if (this.#given.size > maxRemembered) this.#given.delete(this.#given.values().next().value!);
  }

  #refused(roomId: string, error: unknown): void {
    // The bot has left the room, or was removed from it.
    if (error instanceof ParleyError && (error.code === 'ROOM_NOT_FOUND' || error.code === 'FORBIDDEN')) this.#rooms.delete(roomId);
    else this.#fail(error);
  }

  #do(work: () => Promise<void>): void {
    const done: Promise<void> = work().finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}

function settledLater() {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}
