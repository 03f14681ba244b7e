import { setTimeout as delay } from 'node:timers/promises';
import type { Seeded } from './seeded.js';

/** An answer as a program has it that appends its chunks, and drops what ends with an error. */
export interface ReadAnswer {
  text: string;
  chunks: number;
  /** True once the last chunk came. */
  final: boolean;
  complete: boolean;
}

/** Somebody who reads a conversation of the chat surface as docs/chat.md says, and connects again by themselves. */
export interface ChatReader extends AsyncDisposable {
  /** How often they were let in. */
  connections(): number;
  /** An answer by the id that the call gave, also where it was told anew under another. */
  answer(messageId: string): ReadAnswer | undefined;
  /** The code that an answer failed with. */
  failure(messageId: string): string | undefined;
  /** What came that must not come, by the rules of the protocol. */
  readonly wrong: readonly string[];
}

interface ChatData {
  message_id: string;
  chunk_id: number;
  chunk: string;
  is_final: boolean;
  code: string;
  continued_as?: string;
}

const stayAway = ['SESSION_REVOKED', 'ACCOUNT_DISABLED', 'ROOM_NOT_FOUND', 'FORBIDDEN'];

export function readChat(options: { url: string; sessionId: string; chance: Seeded; token(): string | null }): ChatReader {
  const { url, sessionId, chance, token } = options;
  const stop = new AbortController();
  const answers = new Map<string, ReadAnswer>();
  const failures = new Map<string, string>();
  /** By id of an answer: the id under which it is told anew. */
  const continued = new Map<string, string>();
  const lastId = (id: string): string => (continued.has(id) ? lastId(continued.get(id)!) : id);
  const wrong: string[] = [];
  let connections = 0;
  let lastEventId: string | null = null;

  const note = (event: string, data: ChatData): void => {
    const { message_id: id, chunk_id, chunk, is_final } = data;
    if (event === 'connected') connections++;
    if (event === 'chunk') {
      const known = answers.get(id) ?? { text: '', chunks: 0, final: false, complete: false };
      if (chunk_id !== known.chunks) wrong.push(`chunk ${chunk_id} of ${id} came after ${known.chunks} chunks`);
      if (known.final) wrong.push(`a chunk of ${id} came after its last one`);
      answers.set(id, { text: known.text + chunk, chunks: known.chunks + 1, final: is_final, complete: false });
    }
    if (event === 'message_complete') {
      const known = answers.get(id);
      if (!known?.final || known.complete) wrong.push(`the end of ${id} came at the wrong time`);
      else known.complete = true;
    }
    if (event === 'error' && id !== null) {
      if (answers.get(id)?.final || failures.has(id)) wrong.push(`${id} failed after its end`);
      answers.delete(id);
      if (data.code !== 'ANSWER_RESTARTED') failures.set(id, data.code);
      else if (data.continued_as) continued.set(id, data.continued_as);
      else wrong.push(`${id} was begun anew, and nothing says under which id`);
    }
  };

  /** @returns whether to come back */
  const readOnce = async (): Promise<boolean> => {
    const bearer = token();
    if (bearer === null) return false;
    const headers = { authorization: `Bearer ${bearer}`, ...(lastEventId !== null && { 'last-event-id': lastEventId }) };
    const response = await fetch(`${url}/api/sse?session_id=${encodeURIComponent(sessionId)}`, { headers, signal: stop.signal });
    if (!response.ok) return !stayAway.includes(((await response.json()) as { code: string }).code);
    let text = '';
    const decoder = new TextDecoder();
    for await (const bytes of response.body!) {
      const blocks = (text + decoder.decode(bytes as Uint8Array, { stream: true })).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, id, event, data] = /^(?:id: (\S+)\n)?event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (event === undefined) continue;
        const said = JSON.parse(data!) as ChatData;
        if (id !== undefined) lastEventId = id;
        note(event, said);
        if (event === 'error' && said.message_id === null) return !stayAway.includes(said.code);
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
    connections: () => connections,
    answer: (messageId) => answers.get(lastId(messageId)),
    failure: (messageId) => failures.get(lastId(messageId)),
    wrong,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await done;
    },
  };
}
