import type { DbHandle } from '@parley/db';
import { expect } from 'vitest';
import type { ChatReader } from './chat-reader.js';
import { until } from './settle.js';

/** A conversation of the chat surface beside a room: what was asked in it, and a reader of it with nothing of ours. */
export interface Conversation {
  readonly reader: ChatReader;
  /** Asks, again under the same id where that can help. @returns the id of the answer */
  ask(message: string): Promise<string>;
  /** Waits until every answer has ended, for the reader too, and expects that it has what is stored, by the rules of the protocol. */
  settle(database: DbHandle): Promise<EndedAnswer[]>;
}

/** An answer as it is stored. */
export interface EndedAnswer {
  id: string;
  status: string;
  attempt: number;
  content: string;
  errorCode: string | null;
}

export function startConversation(reader: ChatReader, say: (message: string) => Promise<string>): Conversation {
  const asked: string[] = [];
  return {
    reader,
    async ask(message) {
      const id = await say(message);
      asked.push(id);
      return id;
    },
    async settle(database) {
      let stored: EndedAnswer[] = [];
      const isSettled = ({ id, status }: EndedAnswer) =>
        status === 'failed' ? reader.failure(id) !== undefined : status === 'complete' && reader.answer(id)?.complete === true;
      await until(`all ${asked.length} answers of a conversation have ended, for its reader too`, async () => {
        stored = await endedAnswers(database, asked);
        return stored.length === asked.length && stored.every(isSettled);
      });
      for (const { id, status, content, errorCode } of stored) {
        const read = { id, text: reader.answer(id)?.text, failure: reader.failure(id) };
        expect(read).toEqual(status === 'failed' ? { id, failure: errorCode } : { id, text: content });
      }
      expect(reader.wrong).toEqual([]);
      return stored;
    },
  };
}

async function endedAnswers({ db }: DbHandle, ids: string[]): Promise<EndedAnswer[]> {
  return db.$queryRawUnsafe(
    `select id::text, status::text, attempt, content, error ->> 'code' as "errorCode" from messages where id = any($1::uuid[]) order by seq`,
    ids,
  );
}
