import type { MessageView, PrivateReply } from '@parley/contracts';
import { expect, test } from 'vitest';
import { buildRows, hasMessage, type Row, type RowsInput } from './rows.js';

const start = new Date(2026, 10, 20, 14, 0).getTime();
const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

function message(seq: number, author: string, minutes: number, more: Partial<MessageView> = {}): MessageView {
  return {
    id: `m${seq}`,
    roomId: 'room',
    seq,
    rev: seq,
    kind: 'text',
    author: { type: 'user', id: author, name: author, handle: author, avatar: { hue: 0, glyph: null } },
    content: 'hello',
    system: null,
    status: null,
    attempt: 0,
    replyTo: null,
    clientId: null,
    mentions: [],
    reactions: [],
    createdAt: at(minutes),
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    reply: null,
    error: null,
    ...more,
  };
}

function rowsOf(input: Partial<RowsInput>): Row[] {
  return buildRows({ messages: [], pending: [], hasNewer: false, privateReplies: [], newAfterSeq: null, me: 'yuki', ...input });
}

/** `day`, `new`, `m1*` for a message with its author shown, `m1` for one without. */
function outline(rows: Row[]): string[] {
  return rows.slice(1).map((row) => {
    if (row.kind === 'message') return row.message.id + (row.head ? '*' : '');
    if (row.kind === 'pending') return row.pending.clientId + (row.head ? '*' : '');
    return row.kind;
  });
}

test('messages of one author within five minutes share one head', () => {
  const messages = [message(1, 'bo', 0), message(2, 'bo', 4), message(3, 'bo', 8.5), message(4, 'bo', 14), message(5, 'cy', 14.5)];
  expect(outline(rowsOf({ messages }))).toEqual(['day', 'm1*', 'm2', 'm3', 'm4*', 'm5*']);
});

test('a reply stands alone, and what follows it starts anew', () => {
  const reply = { kind: 'reply' as const, status: 'complete' as const };
  const messages = [message(1, 'ada', 0, reply), message(2, 'ada', 1, reply), message(3, 'bo', 1), message(4, 'bo', 2)];
  expect(outline(rowsOf({ messages }))).toEqual(['day', 'm1*', 'm2*', 'm3*', 'm4']);
});

test('answers to one question that was put to several stand in one row, unless something stands between', () => {
  const asked = (messageId: string, kind = 'ask') =>
    ({
      kind: 'reply' as const,
      status: 'complete' as const,
      replyTo: messageId,
      reply: { trigger: { kind, messageId } } as MessageView['reply'],
    }) satisfies Partial<MessageView>;
  const messages = [
    message(1, 'bo', 0),
    ...[2, 3, 4].map((seq) => message(seq, `c${seq}`, 0, asked('m1'))),
    message(5, 'c2', 0, asked('m0')),
    message(6, 'bo', 1),
    ...[7, 8].map((seq) => message(seq, `c${seq}`, 1, asked('m6', 'mention'))),
  ];
  const rows = rowsOf({ messages });
  expect(outline(rows)).toEqual(['day', 'm1*', 'm2*', 'm5*', 'm6*', 'm7*', 'm8*']);
  expect(rows[3]).toMatchObject({ quote: null, beside: [{ id: 'm3' }, { id: 'm4' }] });
  expect(['m2', 'm4', 'm5'].map((id) => rows.findIndex((row) => hasMessage(row, id)))).toEqual([3, 3, 4]);
  // The line of what is new stands between.
  expect(outline(rowsOf({ messages: messages.slice(0, 4), newAfterSeq: 2 }))).toEqual(['day', 'm1*', 'm2*', 'new', 'm3*']);
});

const joined = { kind: 'system' as const, author: { ...message(1, '', 0).author, type: 'system' as const, id: null } };

test('lines about the room stand together, and a message after them starts anew', () => {
  const messages = [message(1, '', 0, joined), message(2, '', 1, joined), message(3, 'bo', 1), message(4, '', 2, joined)];
  expect(outline(rowsOf({ messages }))).toEqual(['day', 'm1*', 'm2', 'm3*', 'm4*']);
});

test('a new day separates, by the reader’s calendar', () => {
  const messages = [message(1, 'bo', 9 * 60 + 58), message(2, 'bo', 10 * 60 + 1)];
  expect(outline(rowsOf({ messages }))).toEqual(['day', 'm1*', 'day', 'm2*']);
});

test('the New line stands before the first unread message and starts a group', () => {
  const messages = [message(1, 'bo', 0), message(2, 'bo', 1), message(3, 'bo', 2)];
  expect(outline(rowsOf({ messages, newAfterSeq: 1 }))).toEqual(['day', 'm1*', 'new', 'm2*', 'm3']);
  expect(outline(rowsOf({ messages, newAfterSeq: 3 }))).toEqual(['day', 'm1*', 'm2', 'm3']);
});

test('what is not sent stands at the end also where the end of the room is not loaded, apart from what is', () => {
  const pending = { clientId: 'c9', content: 'x', replyTo: null, createdAt: at(2), state: 'sending' as const, error: null };
  const messages = [message(1, 'yuki', 0)];
  const kinds = (input: Partial<RowsInput>) => rowsOf({ messages, hasNewer: true, ...input }).map(({ kind }) => kind);
  expect(kinds({ pending: [pending] })).toEqual(['top', 'day', 'message', 'gap', 'pending']);
  expect(kinds({})).toEqual(['top', 'day', 'message']);
});

test('the New line stands neither before lines of joins nor before what was deleted', () => {
  const deleted = { deletedAt: at(2) };
  const messages = [message(1, 'bo', 0), message(2, '', 1, joined), message(3, 'bo', 2, deleted), message(4, 'bo', 3)];
  expect(outline(rowsOf({ messages, newAfterSeq: 1 }))).toEqual(['day', 'm1*', 'm2*', 'm3*', 'new', 'm4*']);
  expect(outline(rowsOf({ messages: messages.slice(0, 3), newAfterSeq: 1 }))).not.toContain('new');
});

test('private replies stand where they came in time', () => {
  const reply = (id: string, minutes: number): PrivateReply => ({
    id,
    roomId: 'room',
    attempt: 1,
    content: '',
    status: 'complete',
    createdAt: at(minutes),
  });
  const messages = [message(1, 'bo', 0), message(2, 'bo', 2)];
  const rows = rowsOf({ messages, privateReplies: [reply('p1', 1), reply('p2', 3)] });
  expect(outline(rows)).toEqual(['day', 'm1*', 'private', 'm2*', 'private']);
});

test('an unsent message follows one’s own, and keeps its key once the server has it', () => {
  const pending = { clientId: 'c9', content: 'x', replyTo: null, createdAt: at(2), state: 'sending' as const, error: null };
  const mine = message(1, 'yuki', 1);
  const before = rowsOf({ messages: [mine], pending: [pending] });
  expect(outline(before)).toEqual(['day', 'm1*', 'c9']);
  const after = rowsOf({ messages: [mine, message(2, 'yuki', 2, { clientId: 'c9' })] });
  expect(after.at(-1)!.key).toBe(before.at(-1)!.key);
});

test('every row has a key of its own', () => {
  const messages = Array.from({ length: 50 }, (_, index) => message(index + 1, index % 3 ? 'bo' : 'cy', index * 60));
  const keys = rowsOf({ messages, newAfterSeq: 10 }).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test('an answer names what it answers only where that does not stand right above', () => {
  const answer = (seq: number, replyTo: string) => message(seq, 'ada', seq, { kind: 'reply', status: 'complete', replyTo });
  const messages = [message(1, 'bo', 1), message(2, 'cy', 2), answer(3, 'm2'), answer(4, 'm2'), answer(5, 'm1'), answer(6, 'm2')];
  const quotes = rowsOf({ messages }).flatMap((row) => (row.kind === 'message' ? [row.quote] : []));
  expect(quotes).toEqual([null, null, null, null, 'm1', 'm2']);
});

test('a quote starts a group, and stands even right below what it quotes', () => {
  const messages = [message(1, 'bo', 0), message(2, 'bo', 1, { replyTo: 'm1' }), message(3, 'bo', 2)];
  expect(outline(rowsOf({ messages }))).toEqual(['day', 'm1*', 'm2*', 'm3']);
  expect(rowsOf({ messages })[3]).toMatchObject({ quote: 'm1' });
});

test('whom a file names share a head only with themselves, though none of them has an id', () => {
  const claimed = (name: string, handle = name): Partial<MessageView> => ({
    author: { type: 'system', id: null, name, handle, avatar: { hue: 0, glyph: null }, imported: true },
  });
  const messages = [
    message(1, '', 0, claimed('Bo')),
    message(2, '', 1, claimed('Bo')),
    message(3, '', 2, claimed('Mia')),
    message(4, '', 3, claimed('Bo')),
    message(5, '', 4, claimed('Bo', 'other')),
    message(6, 'bo', 4.5),
  ];
  expect(outline(rowsOf({ messages }))).toEqual(['day', 'm1*', 'm2', 'm3*', 'm4*', 'm5*', 'm6*']);
});
