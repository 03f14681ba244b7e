import type { BackoffOptions } from '../backoff.js';
import { Agent } from './agents/agent.js';
import { Bot, type BotOptions } from './bots/bot.js';
import { Calls, type CallOptions, type Method } from './calls/calls.js';
import { Room } from './rooms/room.js';
import type { AccountView, JoinedRoom } from './views.js';

export interface ParleyOptions {
  /** Where the server is, such as `https://chat.example.org`. */
  url: string;
  /** A key (`parley_…`, made in *Settings* or by `POST /api/keys`), or an access token. */
  key: string;
  /** @default globalThis.fetch */
  fetch?: typeof fetch;
  /** How long a call is tried again while no server answers, in milliseconds. Streams of events are opened again for ever. @default 60000 */
  patienceMs?: number;
  /** The waits between tries. */
  backoff?: BackoffOptions;
}

/** A Parley server, for a program that has a key. */
export class Parley {
  readonly #calls: Calls;

  /** @throws TypeError for a url or a key that is none */
  constructor(options: ParleyOptions) {
    this.#calls = new Calls(options);
  }

  /** A room that the key's holder is in. @param idOrName its id, or its name if no other room of theirs has that */
  room(idOrName: string): Room {
    return new Room(this.#calls, idOrName);
  }

  /** A bot that acts by the key: see {@link Bot}. Make the key for a bot of yours (*Settings*), so that what it says is marked as a bot's. */
  bot(options?: BotOptions): Bot {
    return new Bot(this.#calls, options);
  }

  /** A character whose answers this program writes: see {@link Agent}. @param handle of the character, with or without the `@` */
  agent(handle: string): Agent {
    return new Agent(this.#calls, handle);
  }

  /** The rooms that the key's holder is in. */
  rooms(): Promise<JoinedRoom[]> {
    return this.#calls.call('GET', '/api/rooms');
  }

  /** Whose key it is. Needs no scope. */
  me(): Promise<AccountView> {
    return this.#calls.me();
  }

  /**
   * Calls any address of the server's REST (docs/rest.md), such as `parley.call('GET', '/api/search', { query: { query: 'tide' } })`.
   *
   * @throws ParleyError; TypeError for a path that does not begin with a slash
   */
  call<T = unknown>(method: Method, path: string, options?: CallOptions): Promise<T> {
    return this.#calls.call<T>(method, path, options);
  }
}
