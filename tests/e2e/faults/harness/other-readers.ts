import { setTimeout as delay } from 'node:timers/promises';
import { callFailure } from '@parley/client/trpc';
import type { RoomEvent } from '@parley/contracts';
import type { Page } from 'playwright-core';
import { connect } from '../../harness/person.js';
import { foldEvents, type History } from './history.js';
import { readPlain } from './plain-reader.js';
import { eventReader, type EventReader, type Reader, type ReadingOptions } from './reader.js';

/** Readers that use nothing of ours: each is what a program would be that was written after one of the pages in docs. */

/** By surface: reads a room from its first change on, and goes on after what it has whenever it is cut off, until it is refused for good. */
export const readerKinds = { tRPC: readRaw, SSE: readStream, '/ws': readPlain } satisfies Record<
  string,
  (options: ReadingOptions) => Reader & AsyncDisposable
>;

export type ReaderKind = keyof typeof readerKinds;

export const surfaces = Object.keys(readerKinds) as ReaderKind[];

/** Reads with tRPC's own client over its WebSocket. */
function readRaw({ history, chance, name, url, roomId, token }: ReadingOptions): EventReader & AsyncDisposable {
  const person = connect(url, { id: '', username: name, accessToken: token()!, refreshToken: '' });
  const record = history.reader(`${name} (tRPC)`, roomId);
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
        },
        onError: (error) => {
          if (callFailure(error).retry !== 'never') again();
        },
        onComplete: again,
      },
    );
  };
  subscribe();
  return {
    ...eventReader(record, async () => foldEvents(record.seen)),
    async [Symbol.asyncDispose]() {
      clearTimeout(retry);
      subscription.unsubscribe();
      await person[Symbol.asyncDispose]();
    },
  };
}

/** Reads server-sent events with `fetch`. */
function readStream({ history, chance, name, url, roomId, token }: ReadingOptions): EventReader & AsyncDisposable {
  const record = history.reader(`${name} (SSE)`, roomId);
  const stop = new AbortController();
  let lastId: string | null = null;
  /** @returns whether to come back */
  const readOnce = async (): Promise<boolean> => {
    const bearer = token();
    if (bearer === null) return false;
    const headers = { authorization: `Bearer ${bearer}`, ...(lastId !== null && { 'last-event-id': lastId }) };
    const response = await fetch(`${url}/api/rooms/${roomId}/events?after=0`, { headers, signal: stop.signal });
    if (!response.ok) {
      const { code } = (await response.json()) as { code: string };
      return !isFinal(code);
    }
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      const blocks = (text + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, id, data] = /^id: (\S+)\ndata: (.*)$/.exec(block) ?? [];
        if (id !== undefined) record.add((lastId = id), JSON.parse(data!) as RoomEvent);
        const [, problem] = /^event: problem\ndata: (.*)$/.exec(block) ?? [];
        if (problem !== undefined) return !isFinal((JSON.parse(problem) as { code: string }).code);
      }
    }
    return true;
  };
  const done = (async () => {
    // The connection may be cut at any byte, or there is none to be had.
    while (!stop.signal.aborted && (await readOnce().catch(() => true))) {
      await delay(chance.between(50, 300), undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return {
    ...eventReader(record, async () => foldEvents(record.seen)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}

/** Whether docs/events.md says not to come back. */
const isFinal = (code: string) => ['SESSION_REVOKED', 'ACCOUNT_DISABLED', 'ROOM_NOT_FOUND', 'FORBIDDEN'].includes(code);

/** Reads a room with the `EventSource` of a browser, which connects again by itself. @param page one of the same origin. @param path with a ticket */
export async function readInBrowser(
  history: History,
  options: { name: string; page: Page; path: string; roomId: string },
): Promise<EventReader & { opened(): number }> {
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
  return { ...eventReader(record, async () => foldEvents(record.seen)), opened: () => opened };
}
