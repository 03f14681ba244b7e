import { expect, it } from 'vitest';
import { checkAi, type StoredNote } from './harness/ai-checker.js';
import { AiRecord } from './harness/ai-record.js';
import { History, type RoomTruth, type StoredMessage } from './harness/history.js';

const roomId = 'room';

function stored(id: string, fields: Partial<StoredMessage>): StoredMessage {
  const dates = { editedAt: null, deletedAt: null };
  const text = { seq: 1, rev: 1, kind: 'text', content: '', status: null, attempt: 0, clientId: null, replyTo: null } as const;
  return { id, ...dates, ...text, authorId: 'anna', shown: 0, versions: [], ...fields };
}

/** Somebody hid a message at 1, paused the AI from 5 to 8, and asked at 10; the model looked once, and answered. One note was better written. */
function quietDay() {
  const record = new AiRecord();
  const history = new History();
  record.hidden.push({ roomId, text: 'message 1.2.3.', doneAt: 1 });
  record.paused.push({ roomId, from: 5, to: 8 });
  record.notes.push({ roomId, id: 'note', texts: ['better'], removal: 'none' });
  for (const [index, results] of [[], ['c0']].entries())
    record.asked.push({ index, question: 'ask-1-1-1', text: 'message 1.2.4. ask-1-1-1', results, bit: index });
  const send = history.sent({ clientId: 'c', userId: 'anna', roomId, content: '@keeper look up ask-1-1-1' });
  send.begunAt = 10;
  send.endedAt = 11;
  const answer = stored('answer', {
    kind: 'reply',
    replyTo: 'question',
    status: 'complete',
    authorId: 'keeper',
    content: 'look 0.\n\n1: An answer',
  });
  const truth = { roomId, messages: [stored('question', { content: '@keeper look up ask-1-1-1' }), answer] } as RoomTruth;
  const notes: StoredNote[] = [{ id: 'note', text: 'better' }];
  return { record, history, truth, notes, send, answer };
}

/** Violations after a change to the quiet day. */
function after(change: (day: ReturnType<typeof quietDay>) => void): string {
  const day = quietDay();
  change(day);
  return checkAi(day.record, day.history, day.truth, day.notes).join('\n');
}

it('finds nothing where all is well', () => {
  expect(after(() => {})).toBe('');
});

it('finds what was hidden before the question, and accepts what was hidden after it', () => {
  const told = ({ record }: ReturnType<typeof quietDay>) => (record.asked[1]!.text += ' message 1.2.3.');
  expect(after(told)).toBe('“message 1.2.3.” was hidden, and the model was told it for ask-1-1-1');
  expect(
    after((day) => {
      told(day);
      day.record.hidden[0]!.doneAt = 12;
    }),
  ).toBe('');
});

it('finds a question that was asked while the AI was paused', () => {
  expect(after(({ send }) => Object.assign(send, { begunAt: 6, endedAt: 7 }))).toMatch(/ask-1-1-1 was asked while the AI was paused/);
  expect(after(({ send }) => Object.assign(send, { begunAt: 6, endedAt: 9 }))).toBe('');
  // Nobody answered, and somebody asked for that again later.
  expect(after(({ send, record }) => (Object.assign(send, { begunAt: 6, endedAt: 7 }), record.again.add('answer')))).toBe('');
});

it('finds a note that is lost, that is there again, or that says something else', () => {
  expect(after(({ notes }) => notes.pop())).toBe('note note is lost');
  expect(after(({ record, notes }) => (notes.pop(), (record.notes[0]!.removal = 'asked')))).toBe('');
  expect(after(({ record }) => (record.notes[0]!.removal = 'done'))).toBe('note note was removed, and is there');
  expect(after(({ notes }) => (notes[0]!.text = 'good'))).toMatch(/says “good”, and was to say “better”/);
});

it('finds two answers of one character to a message', () => {
  expect(after(({ truth, answer }) => truth.messages.push({ ...answer, id: 'other' }))).toMatch(
    /message question has two answers of keeper/,
  );
});

it('finds an answer that says something twice, out of order, or to another question', () => {
  expect(after(({ answer }) => (answer.content = 'look 0.\n\nlook 0.\n\n1: An answer'))).toMatch(/is no whole answer/);
  expect(after(({ answer }) => (answer.content = 'look 1.\n\n0: An answer'))).toMatch(/is no whole answer/);
  expect(after(({ answer }) => (answer.content = 'look 0.\n\n'))).toMatch(/is no whole answer/);
  expect(after(({ record }) => (record.asked[1]!.question = 'ask-1-1-2'))).toMatch(/to ask-1-1-1 has what was said to ask-1-1-2/);
});
