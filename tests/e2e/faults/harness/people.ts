import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { callFailure, createParleyClient, type ParleyClient, type RoomSession } from '@parley/client/trpc';
import { WebSocket } from 'ws';
import { connect, type Person } from '../../harness/person.js';
import { foldEvents, type History, type ReaderRecord, type RoomPicture, type SendRecord } from './history.js';
import type { Seeded } from './seeded.js';
import { patienceMs } from '../../harness/patience.js';

/** Somebody who reads a room. All that they see is recorded, and the room that they have can be looked at. */
export interface Reader {
  record: ReaderRecord;
  /** The room as this reader has it now; null before it has it. */
  picture(): Promise<RoomPicture | null>;
  /** Calls back on every change, until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

/** Somebody with an account and the product's own client. */
export interface Talker extends AsyncDisposable {
  name: string;
  id: string;
  client: ParleyClient;
  /** Opens a room in the product's client, and records what it sees. */
  open(roomId: string): Reader & { session: RoomSession };
  /** Reads a room from its first change on with tRPC's own client: what the server sends, with nothing of ours in between. */
  readRaw(roomId: string, url: string): Reader & { person: Person; stop(): void };
  /** Sends, again under the same clientId where that can help, until there is an answer or `patienceMs` is over. */
  say(roomId: string, content: string, patienceMs?: number): Promise<SendRecord>;
}

export interface TalkerOptions {
  url: string;
  history: History;
  chance: Seeded;
  /** Notices within seconds that a connection is dead; false for people whose connection nothing happens to. @default true */
  hasty?: boolean;
}

/** Makes an account and signs in. */
export async function talker(name: string, options: TalkerOptions): Promise<Talker> {
  const { url, history, chance, hasty = true } = options;
  // A slow machine answers late. A person who must not reconnect because of that waits for a minute.
  const client = createParleyClient({
    url,
    WebSocket,
    transport: 'token',
    callTimeoutMs: hasty ? 4_000 : patienceMs,
    backoff: { firstMs: 50, maxMs: 500, random: () => chance.random() },
    pingIntervalMs: hasty ? 1_000 : 10_000,
    pongTimeoutMs: hasty ? 2_000 : patienceMs,
    openTimeoutMs: hasty ? 3_000 : patienceMs,
  });
  await signUp(client, { username: name, password: `password of ${name}` });
  if (client.auth.state.kind !== 'signedIn') throw new Error(`${name} is not signed in`);
  const { id } = client.auth.state.user;
  const people: Person[] = [];
  const stops: (() => void)[] = [];
  return {
    name,
    id,
    client,
    open(roomId) {
      const session = client.openRoom(roomId);
      const record = history.reader(name, roomId);
      session.onEvent((eventId, event) => record.add(eventId, event));
      return { session, record, subscribe: (listener) => session.subscribe(listener), picture: () => pictureOf(session) };
    },
    readRaw(roomId, at) {
      const person = connect(at, { id, username: name, accessToken: client.auth.accessToken()!, refreshToken: '' });
      people.push(person);
      const record = history.reader(`${name} (raw)`, roomId);
      const listeners = new Set<() => void>();
      let lastEventId: string | null = null;
      let subscription: { unsubscribe(): void };
      let retry: NodeJS.Timeout | undefined;
      // tRPC's client resumes what was lost with its socket. If the server ended the subscription (it could not read the room just now),
      // subscribe again.
      const subscribe = (): void => {
        const again = () => {
          retry = setTimeout(subscribe, chance.between(50, 300));
        };
        subscription = person.socket.rooms.events.subscribe(
          { roomId, after: 0, lastEventId },
          {
            onData: (event) => {
              lastEventId = event.id;
              record.add(event.id, event.data);
              for (const listener of listeners) listener();
            },
            onError: (error) => {
              if (callFailure(error).retry !== 'never') again();
            },
            onComplete: again,
          },
        );
      };
      subscribe();
      stops.push(() => {
        clearTimeout(retry);
        subscription.unsubscribe();
      });
      return {
        person,
        record,
        picture: async () => foldEvents(record.seen),
        subscribe(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
        stop: stops.at(-1)!,
      };
    },
    async say(roomId, content, waitMs = patienceMs) {
      const record = history.sent({ clientId: randomUUID(), userId: id, roomId, content });
      const deadline = Date.now() + waitMs;
      for (;;) {
        record.tries++;
        try {
          const { message } = await client.trpc.messages.send.mutate({ roomId, clientId: record.clientId, content });
          record.acknowledged = { messageId: message!.id, seq: message!.seq };
          return record;
        } catch (error) {
          const { code, retry, retryAfterMs } = callFailure(error);
          if (retry === 'never') {
            record.refused = code;
            return record;
          }
          if (Date.now() > deadline) return record;
          await delay(retryAfterMs ?? chance.between(20, 200));
        }
      }
    },
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop();
      await Promise.all(people.map((person) => person[Symbol.asyncDispose]()));
      await client.close();
    },
  };
}

async function pictureOf(session: RoomSession): Promise<RoomPicture | null> {
  while (session.getSnapshot().hasOlder) await session.loadOlder();
  const { room, members, characters, messages } = session.getSnapshot();
  return room && { room, members, characters, messages };
}

/** Makes the account; if an answer was lost on the way, it is there already. */
async function signUp({ auth }: ParleyClient, account: { username: string; password: string }): Promise<void> {
  await patiently(() =>
    auth.register(account).catch((error: unknown) => {
      if (callFailure(error).code === 'USERNAME_TAKEN') return auth.login(account);
      throw error;
    }),
  );
}

/** Repeats a call until its answer is final, for as long as a test is patient: the world may still be recovering from a fault. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ;) {
    try {
      return await call();
    } catch (error) {
      if (callFailure(error).retry === 'never' || Date.now() > deadline) throw error;
      await delay(200);
    }
  }
}
