import { AppError, isInProgress, type InboxEvent, type MessageView, type PrivateReply, type RoomEvent } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import type { ToolCalls } from './tool-calls.js';
import type { TellProgress } from './mcp-tool.js';

export interface Asked {
  roomId: string;
  /** What is said in the room. */
  content: string;
  /** How long to wait for the answer, in milliseconds. */
  waitMs: number;
}

/**
 * Says something in a room, and waits for the reply that it calls for.
 *
 * @param asked.handle of the character whose reply is awaited; null for whoever replies
 * @returns the reply, which is still being written if the time is over
 * @throws AppError CHARACTER_NOT_FOUND if nobody replies; what the calls throw
 */
export async function awaitReply(
  calls: ToolCalls,
  { roomId, content, handle, waitMs }: Asked & { handle: string | null },
  tell: TellProgress,
): Promise<MessageView> {
  const stop = new AbortController();
  // Before the question is said: no event of the reply can be missed.
  const events = eventsOf<[string, RoomEvent, unknown]>(await calls.until(stop.signal).rooms.events({ roomId }));
  const time = setTimeout(() => stop.abort(), waitMs);
  try {
    await events.next();
    const { replies } = await calls.typed.messages.send({ roomId, clientId: randomUUID(), content });
    const reply = replies.find(({ author }) => handle === null || author.handle === handle);
    if (!reply)
      throw new AppError('CHARACTER_NOT_FOUND', 'There is no such character in the room, so nobody answers.', { field: 'character' });
    tell(0, 'waiting for a worker');
    let written = 0;
    for await (const [, event] of items(events, stop.signal)) {
      switch (event.type) {
        case 'message':
          if (event.message.id === reply.id && !isInProgress(event.message.status)) return event.message;
          break;
        case 'delta':
        case 'snapshot':
          if (event.messageId !== reply.id) break;
          written = event.type === 'delta' ? event.offset + event.text.length : event.text.length;
          tell(written, `${written} characters written`);
          break;
        default:
          break;
      }
    }
    return await calls.typed.messages.get({ messageId: reply.id });
  } finally {
    clearTimeout(time);
    stop.abort();
    await events.return?.();
  }
}

/** {@link awaitReply} of what is answered to the caller alone. */
export async function awaitPrivateReply(calls: ToolCalls, { roomId, content, waitMs }: Asked, tell: TellProgress): Promise<PrivateReply> {
  const stop = new AbortController();
  const events = eventsOf<InboxEvent>(await calls.until(stop.signal).inbox.events({}));
  const time = setTimeout(() => stop.abort(), waitMs);
  try {
    await events.next();
    let { privateReply: reply } = await calls.typed.messages.send({ roomId, clientId: randomUUID(), content });
    if (!reply) throw new AppError('INTERNAL');
    const { id } = reply;
    tell(0, 'waiting for a worker');
    let written = 0;
    for await (const event of items(events, stop.signal)) {
      const now =
        event.type === 'snapshot'
          ? event.privateReplies.find((each) => each.id === id)
          : event.type === 'privateReply' && event.reply.id === id
            ? event.reply
            : undefined;
      if (!now) continue;
      reply = now;
      if (reply.status !== 'streaming') break;
      written += 1;
      tell(written, `${reply.content.length} characters written`);
    }
    return reply;
  } finally {
    clearTimeout(time);
    stop.abort();
    await events.return?.();
  }
}

function eventsOf<T>(events: AsyncIterable<unknown>): AsyncIterator<T, void> {
  return events[Symbol.asyncIterator]() as AsyncIterator<T, void>;
}

/** What comes until the signal aborts. @throws what ends the events before that */
async function* items<T>(events: AsyncIterator<T, void>, signal: AbortSignal): AsyncGenerator<T, void> {
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) yield next.value;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
