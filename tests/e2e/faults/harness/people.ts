import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { callFailure, createParleyClient, type ParleyClient, type RoomSession } from '@parley/client/trpc';
import { WebSocket } from 'ws';
import { readChat, type ChatReader } from './chat-reader.js';
import { startConversation, type Conversation } from './conversation.js';
import type { History, RoomPicture, SendRecord } from './history.js';
import { readerKinds, type ReaderKind } from './other-readers.js';
import { eventReader, type EventReader, type Reader } from './reader.js';
import type { Seeded } from './seeded.js';
import { until } from './settle.js';
import { patienceMs } from '../../harness/patience.js';

/** Somebody with an account and the product's own client. */
export interface Talker extends AsyncDisposable {
  name: string;
  id: string;
  client: ParleyClient;
  /** Opens a room in the product's client, and records what it sees. */
  open(roomId: string): EventReader & { session: RoomSession };
  /** Reads a room from its first change on over a surface, with nothing of ours in between, until this person goes. */
  readBy(surface: ReaderKind, roomId: string, url: string): Reader;
  /** Says something in a conversation of the chat surface, again under the same id where that can help. @returns the id of the answer */
  chat(sessionId: string, message: string, url: string): Promise<string>;
  /** Reads a conversation of the chat surface, until this person goes. */
  readChat(sessionId: string, url: string): ChatReader;
  /** Reads a conversation of the chat surface, and asks in it. Resolves once it is read. */
  converse(sessionId: string, url: string): Promise<Conversation>;
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
  const reading: AsyncDisposable[] = [];
  const person: Talker = {
    name,
    id,
    client,
    open(roomId) {
      const session = client.openRoom(roomId);
      const record = history.reader(name, roomId);
      session.onEvent((eventId, event) => record.add(eventId, event));
      return { ...eventReader(record, () => pictureOf(session)), session };
    },
    readBy(surface, roomId, at) {
      const token = () => client.auth.accessToken();
      const reader = readerKinds[surface]({ history, chance, name, url: at, roomId, token });
      reading.push(reader);
      return reader;
    },
    async chat(sessionId, message, at) {
      const clientId = randomUUID();
      for (const deadline = Date.now() + patienceMs; ;) {
        const response = await fetch(`${at}/api/chat`, {
          method: 'POST',
          headers: { authorization: `Bearer ${client.auth.accessToken()}`, 'content-type': 'application/json' },
          body: JSON.stringify({ session_id: sessionId, message, clientId }),
        }).catch(() => null);
        // The answer may be cut off on its way.
        const answer = ((await response?.json().catch(() => null)) ?? null) as { message_id: string } | null;
        if (response?.status === 202 && answer) return answer.message_id;
        const mayPass = !response || !answer || response.status >= 500 || [401, 429].includes(response.status);
        if (!mayPass || Date.now() > deadline) throw new Error(`said in vain: ${response?.status} ${JSON.stringify(answer)}`);
        await delay(chance.between(20, 200));
      }
    },
    async converse(sessionId, at) {
      const reader = person.readChat(sessionId, at);
      await until(`${name} reads a conversation`, () => reader.connections() > 0);
      return startConversation(reader, (message) => person.chat(sessionId, message, at));
    },
    readChat(sessionId, at) {
      const reader = readChat({ url: at, sessionId, chance, token: () => client.auth.accessToken() });
      reading.push(reader);
      return reader;
    },
    async say(roomId, content, waitMs = patienceMs) {
      const record = history.sent({ clientId: randomUUID(), userId: id, roomId, content });
      const deadline = Date.now() + waitMs;
      for (;;) {
        record.tries++;
        try {
          const { message } = await client.trpc.messages.send.mutate({ roomId, clientId: record.clientId, content });
          record.acknowledged = { messageId: message!.id, seq: message!.seq };
          record.endedAt = performance.now();
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
      await Promise.all(reading.map((reader) => reader[Symbol.asyncDispose]()));
      await client.close();
    },
  };
  return person;
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
