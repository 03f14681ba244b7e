import { isDurable } from '@parley/contracts';
import { newClientId } from '../../messages/new-client-id.js';
import type { Calls } from '../calls/calls.js';
import { followStream } from '../calls/follow-stream.js';
import { ParleyError } from '../parley-error.js';
import type { JoinedRoom, MessagePage, MessageView, PostedMessage, RoomDetails, RoomEvent } from '../views.js';
import { ReplyDeltas, type RoomStreamEvent } from './reply-deltas.js';

export interface SayOptions {
  /** Id of the message that this one answers. */
  replyTo?: string | null | undefined;
  /** The message's own id (a UUID): sent twice it is one message. @default a new one, which the tries of one call share */
  clientId?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface EventsOptions {
  /** The `rev` after which to begin; 0 is the whole room. @default what happens from now on */
  after?: number | undefined;
  /** Ends the events. */
  signal?: AbortSignal | undefined;
}

export interface HistoryOptions {
  /** Messages with a lower `seq`, those nearest to it. At most one of the three. */
  before?: number | undefined;
  /** Messages with a higher `seq`. */
  after?: number | undefined;
  /** The messages around this `seq`. */
  around?: number | undefined;
  /** @default 50 */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}

const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** A room of the caller's. */
export class Room {
  readonly #calls: Calls;
  readonly #name: string;
  #id: string | null;

  constructor(calls: Calls, idOrName: string) {
    this.#calls = calls;
    this.#name = idOrName;
    this.#id = uuid.test(idOrName) ? idOrName.toLowerCase() : null;
  }

  /**
   * The id of the room, looked up once if the room was given by its name.
   *
   * @throws ParleyError ROOM_NOT_FOUND; AMBIGUOUS_NAME if several rooms of the caller have the name
   */
  async id(): Promise<string> {
    return (this.#id ??= await this.#lookUp());
  }

  /** The room with its members and characters. */
  async details(): Promise<RoomDetails> {
    return this.#calls.call('GET', await this.#path());
  }

  /**
   * Says something. The message is made once, however often it has to be sent until the server answers.
   *
   * @throws ParleyError; ANSWERED_PRIVATELY for a command whose answer is for the caller alone: {@link send} has it
   */
  async say(text: string, options: SayOptions = {}): Promise<MessageView> {
    const { message } = await this.send(text, options);
    if (!message) throw new ParleyError('ANSWERED_PRIVATELY', 'The answer to this command is for you alone. Use send, which has it.');
    return message;
  }

  /** As {@link say}, for the whole answer: the message and the replies that it calls for, or a private one. */
  async send(text: string, { replyTo = null, clientId = newClientId(), signal }: SayOptions = {}): Promise<PostedMessage> {
    const body = { content: text, clientId, ...(replyTo !== null && { replyTo }) };
    return this.#calls.call('POST', `${await this.#path()}/messages`, { body, mayRepeat: true, signal });
  }

  /** A page of messages, the oldest first: the last, or those at a place. Its `rev` is where {@link events} go on. */
  async history({ signal, ...query }: HistoryOptions = {}): Promise<MessagePage> {
    return this.#calls.call('GET', `${await this.#path()}/messages`, { query, signal });
  }

  /**
   * What happens in the room, as it happens, until `signal` aborts or the loop is left. Goes on by itself after every loss, without a gap: what
   * is durable (it has a `rev`) comes once and in order. Remember the last `rev` to go on after it, `{ after: rev }`, in another process.
   *
   * @throws ParleyError where the server refuses for good: the key has ended, or the room is none of the caller's any more
   */
  async *events({ after, signal }: EventsOptions = {}): AsyncGenerator<RoomStreamEvent, void, undefined> {
    const path = `${await this.#path()}/events`;
    const deltas = new ReplyDeltas();
    let position = after;
    const address = () => (position === undefined ? path : `${path}?after=${position}`);
    for await (const event of followStream<RoomEvent>(this.#calls, address, signal)) {
      if (isDurable(event)) {
        if (position !== undefined && event.rev <= position) continue;
        position = event.rev;
      } else if (event.type === 'hello') position ??= event.rev;
      else if (event.type === 'resync') position = event.rev;
      yield* deltas.take(event);
    }
  }

  async #path(): Promise<string> {
    return `/api/rooms/${await this.id()}`;
  }

  async #lookUp(): Promise<string> {
    const wanted = this.#name.normalize('NFC');
    const rooms = await this.#calls.call<JoinedRoom[]>('GET', '/api/rooms');
    const found = rooms.filter(({ room }) => room.name === wanted);
    if (found.length === 1) return found[0]!.room.id;
    throw found.length === 0
      ? new ParleyError('ROOM_NOT_FOUND', `You are in no room that is called “${this.#name}”.`)
      : new ParleyError(
          'AMBIGUOUS_NAME',
          `You are in ${found.length} rooms that are called “${this.#name}”. Give the id of the one you mean.`,
        );
  }
}
