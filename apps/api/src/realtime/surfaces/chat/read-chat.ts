import { AppError, channels, type MessageView } from '@parley/contracts';
import { loadMessage } from '@parley/core/messages/load-message';
import type { Actor } from '@parley/core/sessions/actor';
import { findChatSession } from '@parley/core/rooms/find-chat-session';
import { findChatStart, type ChatStart } from '@parley/core/sync/find-chat-start';
import type { ApiServices } from '../../../services.js';
import { subscribeRoom } from '../../room/subscribe-room.js';
import { SocketReader } from '../../sockets/socket-reader.js';
import type { EventStream } from '../sse/event-stream.js';
import { chatBlock, ChatFormat, type CheckChatEvent } from './chat-format.js';
import { positionId, readPosition, type ChatPosition } from './chat-position.js';

export interface ChatReading {
  sessionId: string;
  connectionId: string;
  /** How far the reader was told, in the words of the last event that it got; null for a new reader. */
  lastEventId: string | null;
  check: CheckChatEvent | undefined;
}

/** Before anything was said. */
const atTheStart = { rev: 0, floor: 0, ranges: [], answers: [] } as const satisfies ChatPosition;

/**
 * How long ago the last answer may have been finished that a new reader is told, in milliseconds: a program may send its message first, and
 * open the stream with the answer to that. It knows an answer that it has by its id.
 */
const lastAnswerMs = 30_000;

/**
 * One reader's events of a conversation, until the signal aborts. What the iterator yields makes what the surface has to write then; what follows
 * goes from the room's hub straight to the stream. A conversation that is not there yet is waited for.
 *
 * @throws AppError VALIDATION for a last event id that is none; what {@link subscribeRoom} throws
 */
export async function* readChat(
  services: ApiServices,
  actor: Actor,
  to: EventStream,
  { sessionId, connectionId, lastEventId, check }: ChatReading,
  signal: AbortSignal | undefined,
): AsyncGenerator<() => Buffer, void> {
  const resumed = lastEventId === null ? null : readPosition(lastEventId);
  if (lastEventId !== null && !resumed) {
    throw new AppError('VALIDATION', 'Last-Event-ID: must be the id of an event of this stream.', { field: 'Last-Event-ID' });
  }
  const connected = (at: ChatPosition) => chatBlock('connected', { connection_id: connectionId, session_id: sessionId }, positionId(at));
  const leave = services.chatReaders.enter(actor.userId, sessionId);
  try {
    let session = await services.calls.run(() => findChatSession(services.core, actor, sessionId));
    const waited = session === null;
    if (!session) {
      yield () => connected(atTheStart);
      session = await sessionMade(services, actor, sessionId, signal);
      if (!session) return;
    }
    const { roomId } = session;
    const { at, pending, ended } = await begin(services, actor, roomId, waited ? atTheStart : resumed);
    const format = new ChatFormat({ sessionId, from: at, pending, check, onLost: () => to.end() });
    const reader = new SocketReader(to, format, actor, connectionId);
    for await (const hello of subscribeRoom(services, actor, reader, { roomId, after: at.rev }, signal)) {
      yield () => {
        reader.start('');
        return Buffer.concat([...(waited ? [] : [connected(at)]), format.begin(hello, ended)]);
      };
    }
  } finally {
    leave();
  }
}

interface Begun {
  at: ChatPosition & { rev: number };
  pending: ChatStart['pending'];
  /** Answers of which a part was told, and that have ended. */
  ended: MessageView[];
}

/** Where a reader begins, or goes on. */
async function begin(services: ApiServices, actor: Actor, roomId: string, from: ChatPosition | null): Promise<Begun> {
  const { core, calls, rooms, env } = services;
  const rev = from?.rev ?? null;
  const start = await calls.run(() =>
    rooms.run(actor, roomId, 'rooms.events', (room) => findChatStart(core, room, { withinMs: rev === null ? lastAnswerMs : 0 })),
  );
  const { pending } = start;
  const parts = from?.answers ?? [];
  const going = new Set(pending.map(({ id }) => id));
  const told = await Promise.all(
    parts
      .filter(({ messageId }) => !going.has(messageId))
      .map(({ messageId }) => calls.run(() => loadMessage(core, messageId).catch(unlessNone), { userId: actor.userId })),
  );
  const ended = told.filter((message) => message?.roomId === roomId) as MessageView[];
  // Of a reader that missed more than is replayed, no more is known than of a new one.
  if (from && rev !== null && rev <= start.rev && start.rev - rev <= env.MAX_REPLAY) return { at: { ...from, rev }, pending, ended };
  return { at: { ...startOf(start), answers: parts }, pending, ended };
}

/** Where a new reader begins: before the answers in progress, and before the last one if it is young. */
function startOf({ rev, seq, pending, last }: ChatStart): ChatPosition & { rev: number } {
  const young = last && pending.every((reply) => reply.seq < last.seq) ? last : null;
  const told = [...pending.map((reply) => reply.seq), ...(young ? [young.seq] : [])];
  const ranges = told.map((from, i) => [from + 1, (told[i + 1] ?? seq + 1) - 1] as const).filter(([from, to]) => from <= to);
  return { rev: young ? Math.min(rev, young.rev - 1) : rev, floor: (told[0] ?? seq + 1) - 1, ranges, answers: [] };
}

function unlessNone(error: unknown): null {
  if (AppError.is(error, 'MESSAGE_NOT_FOUND')) return null;
  throw error;
}

/**
 * Resolves once the conversation is there: the bus says which room the person has entered, wherever its first message came, and a look now and
 * then finds what the bus lost. Null if the signal aborts before.
 */
async function sessionMade({ core, calls, env }: ApiServices, actor: Actor, sessionId: string, signal: AbortSignal | undefined) {
  let told = false;
  let wake: (() => void) | null = null;
  const look = () => {
    told = true;
    wake?.();
  };
  const listening = core.bus.subscribe(channels.user(actor.userId), ({ type }) => {
    if (type === 'membership') look();
  });
  const timer = setInterval(look, env.HEAD_SWEEP_MS);
  signal?.addEventListener('abort', look);
  try {
    // Where the bus refuses, the looks now and then remain.
    await listening.catch(() => {});
    while (!signal?.aborted) {
      told = false;
      const session = await calls.run(() => findChatSession(core, actor, sessionId)).catch(() => null);
      if (session) return session;
      if (!told) await new Promise<void>((resolve) => (wake = resolve));
    }
    return null;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', look);
    listening.then((subscription) => subscription.unsubscribe()).catch(() => {});
  }
}
