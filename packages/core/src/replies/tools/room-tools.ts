import { cutText, foldText, type CharacterTool } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../../deps.js';
import type { ReplyTask } from '../../jobs/claimed-reply.js';
import { foundByWords } from '../../messages/search-messages.js';
import { findToldMessages } from '../../memory/load-conversation.js';
import { loadPromptNotes } from '../../notes/prompt-notes.js';
import { failedCall, type ReplyTool, type ToolResult } from './reply-tool.js';

/** The most messages that one call gives. */
const maxFound = 10;
const maxRead = 30;

const text = (description: string) => ({ type: 'string', description });

/**
 * The tools that read the room of an answer. They find what the character may be told, and nothing else: what was said in this room since
 * it came, before it was called, and is neither deleted nor hidden from AI. Every reader of the answer may read that too.
 *
 * @param sources ids of the messages that have a number in the prompt, by their number: the first has 1
 */
export function roomTools(
  deps: Pick<CoreDeps, 'db'>,
  claim: ReplyTask,
  sources: readonly string[],
): Record<Exclude<CharacterTool, 'fetch_url'>, ReplyTool> {
  const messages = async (which: Prisma.Sql, limit: number, latest = true): Promise<ToolResult> => {
    const seqs = await findToldMessages(deps, claim, which, { limit, latest });
    return { finding: { kind: 'messages', seqs }, found: seqs.length };
  };
  return {
    search_room: {
      name: 'search_room',
      description: `Finds the latest ${maxFound} messages of this room that have all the given words. "a phrase", -without and "or" work as in web searches.`,
      inputSchema: {
        type: 'object',
        properties: { query: text('Words that a message must all have.') },
        required: ['query'],
        additionalProperties: false,
      },
      repeatable: true,
      changes: false,
      permission: 'search_room',
      asked: (args) => field(args, 'query'),
      async call(args) {
        const which = foundByWords(field(args, 'query'));
        return which ? await messages(which, maxFound) : failedCall('Give query, with words to look for.');
      },
    },
    read_messages: {
      name: 'read_messages',
      description: `Reads up to ${maxRead} messages of this room, around one that was shown, or of a time; without arguments the latest.`,
      inputSchema: {
        type: 'object',
        properties: {
          around: text('The n of a message shown before: those around it are read.'),
          from: text('Read from this day or instant on, ISO 8601 in UTC.'),
          to: text('Read up to this day or instant, ISO 8601 in UTC.'),
        },
        additionalProperties: false,
      },
      repeatable: true,
      changes: false,
      permission: 'read_messages',
      asked(args) {
        const [around, from, to] = [field(args, 'around'), field(args, 'from'), field(args, 'to')];
        if (around !== '') return `around ${around}`;
        return [from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(' ');
      },
      async call(args) {
        const around = field(args, 'around');
        if (around !== '') {
          const id = sources[Number(around.replace(/\D/g, '')) - 1];
          if (id === undefined) return failedCall('No message with that n was shown.');
          const middle = Prisma.sql`(select f.seq from messages f where f.id = ${id}::uuid)`;
          const half = maxRead / 2;
          return await messages(Prisma.sql`m.seq > ${middle} - ${half}::int and m.seq < ${middle} + ${half}::int`, maxRead);
        }
        const [since, until] = [instantOf(field(args, 'from'), 0), instantOf(field(args, 'to'), 86_399_999)];
        if (since === 'wrong' || until === 'wrong') return failedCall('Give from and to as ISO 8601, such as 2026-11-03.');
        const time = Prisma.sql`(${since}::timestamptz is null or m.created_at >= ${since}::timestamptz) and (${until}::timestamptz is null or m.created_at <= ${until}::timestamptz)`;
        return await messages(time, maxRead, since === null);
      },
    },
    read_notes: {
      name: 'read_notes',
      description: 'Reads the notes of this room: all of them, or those that have all the given words.',
      inputSchema: { type: 'object', properties: { query: text('Words that a note must all have.') }, additionalProperties: false },
      repeatable: true,
      changes: false,
      permission: 'read_notes',
      asked: (args) => field(args, 'query'),
      async call(args) {
        const words = foldText(field(args, 'query'))
          .split(/\s+/)
          .filter((word) => word !== '');
        const notes = await loadPromptNotes(deps, { ...claim, request: { ...claim.request, scope: null } });
        const found = notes.filter((note) => {
          const folded = foldText(note.text);
          return words.every((word) => folded.includes(word));
        });
        return { finding: { kind: 'notes', ids: found.map(({ id }) => id) }, found: found.length };
      },
    },
  };
}

/** @param dayMs what is added to a day without a time */
function instantOf(text: string, dayMs: number): string | null | 'wrong' {
  if (text.trim() === '') return null;
  const day = /^\d{4}-\d\d-\d\d$/.test(text.trim());
  const ms = Date.parse(text.trim());
  const year = new Date(ms).getUTCFullYear();
  return Number.isNaN(ms) || year < 1970 || year > 9_999 ? 'wrong' : new Date(ms + (day ? dayMs : 0)).toISOString();
}

/** A field of what a model gave as arguments; empty if there is none. Models write numbers where a text is asked for. */
function field(args: unknown, name: string): string {
  const value: unknown = typeof args === 'object' && args !== null ? Reflect.get(args, name) : undefined;
  return typeof value === 'string' || typeof value === 'number' ? cutText(String(value).replaceAll('\0', ''), 1_000) : '';
}
