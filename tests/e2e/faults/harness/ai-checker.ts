import type { AiRecord } from './ai-record.js';
import { questionIn } from './ai-record.js';
import type { History, RoomTruth } from './history.js';

/** A note as PostgreSQL has it. */
export interface StoredNote {
  id: string;
  text: string;
}

/** Looks in a room of the random run for broken promises about its AI. @returns the violations, in words */
export function checkAi(record: AiRecord, history: History, truth: RoomTruth, notes: readonly StoredNote[]): string[] {
  return [
    ...hidden(record, history, truth),
    ...paused(record, history, truth),
    ...keptNotes(record, truth, notes),
    ...answers(record, truth),
  ];
}

/** What was hidden before a question was asked is in nothing that the model is sent for it. */
function* hidden(record: AiRecord, { sends }: History, { roomId }: RoomTruth): Generator<string> {
  const begun = new Map(sends.map(({ content, begunAt }) => [questionIn(content), begunAt]));
  for (const { question, text } of record.asked) {
    const askedAt = question === null ? undefined : begun.get(question);
    if (askedAt === undefined) continue;
    for (const hide of record.hidden)
      if (hide.roomId === roomId && hide.doneAt < askedAt && text.includes(hide.text))
        yield `“${hide.text}” was hidden, and the model was told it for ${question}`;
  }
}

/** Whoever asks while the AI is paused is answered by no model, unless they have the answer written again later. */
function* paused(record: AiRecord, { sends }: History, { roomId, messages }: RoomTruth): Generator<string> {
  const asked = new Set(record.asked.map(({ question }) => question));
  const contents = new Map(messages.map(({ id, content }) => [id, content]));
  for (const { id, replyTo } of messages) if (record.again.has(id)) asked.delete(questionIn(contents.get(replyTo ?? '') ?? null));
  for (const { content, begunAt, endedAt } of sends) {
    const question = questionIn(content);
    if (question === null || endedAt === null || !asked.has(question)) continue;
    if (record.paused.some((pause) => pause.roomId === roomId && pause.from < begunAt && endedAt < pause.to))
      yield `${question} was asked while the AI was paused, and the model was asked it`;
  }
}

/** A note has the text that its writer was told it has, or one that they wrote since and were told nothing of; it is gone only if they removed it. */
function* keptNotes(record: AiRecord, { roomId }: RoomTruth, stored: readonly StoredNote[]): Generator<string> {
  const byId = new Map(stored.map((note) => [note.id, note]));
  for (const { id, texts, removal } of record.notes.filter((note) => note.roomId === roomId)) {
    const note = byId.get(id);
    if (!note && removal === 'none') yield `note ${id} is lost`;
    if (note && removal === 'done') yield `note ${id} was removed, and is there`;
    if (note && !texts.includes(note.text)) yield `note ${id} says “${note.text}”, and was to say “${texts.join('” or “')}”`;
  }
}

/** A message has one answer of a character at most, and a whole one is what the model said to this very question, once. */
function* answers(record: AiRecord, { messages }: RoomTruth): Generator<string> {
  const questions = new Map(record.asked.map(({ index, question }) => [index, question]));
  const contents = new Map(messages.map(({ id, content }) => [id, content]));
  const answered = new Set<string>();
  for (const { id, kind, authorId, replyTo, status, content } of messages) {
    if (kind !== 'reply') continue;
    const key = `${authorId} ${replyTo}`;
    if (answered.has(key)) yield `message ${replyTo} has two answers of ${authorId}`;
    answered.add(key);
    if (status !== 'complete') continue;
    const whole = /^(?:look \d+\.\n\n)*\d+: \S.*$/su.test(content);
    const said = [...content.matchAll(/^(?:look )?(\d+)[.:]/gm)].map(([, index]) => Number(index));
    if (!whole || said.some((index, at) => at > 0 && index <= said[at - 1]!)) yield `reply ${id} is no whole answer: “${content}”`;
    const question = questionIn(contents.get(replyTo ?? '') ?? null);
    for (const index of said)
      if (questions.get(index) !== question) yield `reply ${id} to ${question} has what was said to ${questions.get(index)}`;
  }
}
