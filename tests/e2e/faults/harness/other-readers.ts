import { setTimeout as delay } from 'node:timers/promises';
import type { RoomEvent } from '@parley/contracts';
import type { Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { foldEvents, type History } from './history.js';
import type { Reader } from './people.js';
import type { RoomTruth } from './checker.js';

/** Readers that use nothing of ours: each is what a program would be that was written after docs/events.md or docs/sockets.md. */

/** How soon a reader connects again, in milliseconds. */
const againMs = 100;

export type StreamReader = Reader & AsyncDisposable;

/** Reads a room's server-sent events with `fetch`, from the room's first change on, and goes on after the last id whenever it is cut off. */
export function readStream(history: History, options: { name: string; url: string; roomId: string; token: string }): StreamReader {
  const { name, url, roomId, token } = options;
  const record = history.reader(`${name} (SSE)`, roomId);
  const stop = new AbortController();
  let lastId: string | null = null;
  const run = async () => {
    while (!stop.signal.aborted) {
      try {
        const headers = { authorization: `Bearer ${token}`, ...(lastId !== null && { 'last-event-id': lastId }) };
        const response = await fetch(`${url}/api/rooms/${roomId}/events?after=0`, { headers, signal: stop.signal });
        if (response.ok) {
          let text = '';
          for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
            const blocks = (text + chunk).split('\n\n');
            text = blocks.pop()!;
            for (const block of blocks) {
              const [, id, data] = /^id: (\S+)\ndata: (.*)$/.exec(block) ?? [];
              if (id !== undefined) record.add((lastId = id), JSON.parse(data!) as RoomEvent);
            }
          }
        } else await response.body?.cancel();
      } catch {
        // The connection was cut, or there was none to be had.
      }
      await delay(againMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const done = run();
  return {
    record,
    picture: async () => foldEvents(record.seen),
    subscribe: () => () => {},
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** Reads a room with the `EventSource` of a browser, which connects again by itself. @param page one of the same origin. @param path with a ticket */
export async function readInBrowser(
  history: History,
  options: { name: string; page: Page; path: string; roomId: string },
): Promise<Reader & { opened(): number }> {
  const { name, page, path, roomId } = options;
  const record = history.reader(`${name} (EventSource)`, roomId);
  let opened = 0;
  await page.exposeFunction('noteOpened', () => void opened++);
  await page.exposeFunction('noteEvent', (id: string, data: string) => record.add(id, JSON.parse(data) as RoomEvent));
  await page.evaluate(`{
    const source = new EventSource(${JSON.stringify(`${path}&after=0`)});
    source.onopen = () => window.noteOpened();
    source.onmessage = ({ lastEventId, data }) => window.noteEvent(lastEventId, data);
  }`);
  return { record, opened: () => opened, picture: async () => foldEvents(record.seen), subscribe: () => () => {} };
}

/** A frame of docs/sockets.md. */
interface Frame {
  type: string;
  messageID: string;
  content: string;
  seq: number;
  attempt: number;
  offset: number;
  lastMessageID: string | null;
}

export interface PlainReader extends AsyncDisposable {
  /** How often it was let in. */
  connections(): number;
  /** Of the answers that are being written, the text so far. */
  texts(): string[];
  /** In what it differs from the stored room: what it was told, and what it read of answers on the way; null if in nothing. */
  difference(truth: RoomTruth): string | null;
}

/** Reads a room over plain WebSockets, and comes back after the last message that it has. */
export function readPlain({ url, roomId, token }: { url: string; roomId: string; token: string }): PlainReader {
  const messages = new Map<string, Frame>();
  const texts = new Map<string, { attempt: number; text: string }>();
  const wrong: string[] = [];
  let last: { seq: number; id: string } | null = null;
  let connections = 0;
  let socket: WebSocket;
  let again: NodeJS.Timeout;
  let stopped = false;

  const note = (frame: Frame) => {
    switch (frame.type) {
      case 'connection':
        connections++;
        last ??= { seq: 0, id: frame.lastMessageID ?? '' };
        return;
      case 'message': {
        messages.set(frame.messageID, frame);
        if (frame.seq > last!.seq) last = { seq: frame.seq, id: frame.messageID };
        return;
      }
      case 'ai_chunk': {
        let known = texts.get(frame.messageID);
        if (known && known.attempt > frame.attempt) return;
        if (!known || known.attempt < frame.attempt) texts.set(frame.messageID, (known = { attempt: frame.attempt, text: '' }));
        const had = known.text.slice(frame.offset, frame.offset + frame.content.length);
        if (frame.offset > known.text.length) return;
        if (!frame.content.startsWith(had))
          wrong.push(`“${frame.content}” of ${frame.messageID} at ${frame.offset}, where it had “${had}”`);
        if (frame.offset + frame.content.length > known.text.length) known.text = known.text.slice(0, frame.offset) + frame.content;
        return;
      }
      case 'error':
        wrong.push(`it was told ${JSON.stringify(frame)}`);
    }
  };
  const open = () => {
    const after = last === null ? '' : `&after=${last.id}`;
    socket = new WebSocket(`${url.replace('http', 'ws')}/ws?roomID=${roomId}${after}`, ['parley', token]);
    socket.on('message', (data: Buffer) => note(JSON.parse(data.toString()) as Frame));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!stopped) again = setTimeout(open, againMs);
    });
  };
  open();
  return {
    connections: () => connections,
    texts: () => [...texts.values()].map(({ text }) => text),
    difference(truth) {
      if (wrong.length > 0) return wrong[0]!;
      const stored = truth.messages.filter(({ kind }) => kind !== 'system');
      const mine = [...messages.values()].sort((a, b) => a.seq - b.seq);
      const form = (rows: { id: string; seq: number; content: string }[]) =>
        JSON.stringify(rows.map(({ id, seq, content }) => [id, seq, content]));
      const [has, is] = [form(mine.map(({ messageID, seq, content }) => ({ id: messageID, seq, content }))), form(stored)];
      if (has !== is) return `it has ${has}, and the room is ${is}`;
      for (const [id, { attempt, text }] of texts) {
        const message = stored.find((each) => each.id === id);
        if (message?.attempt === attempt && message.status === 'complete' && !message.content.startsWith(text))
          return `it read “${text}” of ${id}, which is “${message.content}”`;
      }
      return null;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(again);
      socket.terminate();
    },
  };
}
