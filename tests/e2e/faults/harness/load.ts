import { setTimeout as delay } from 'node:timers/promises';
import { isInProgress, type MessageView } from '@parley/contracts';
import { AiRecord, type NoteRecord } from './ai-record.js';
import type { Conversation } from './conversation.js';
import { patiently, type Talker } from './people.js';
import type { Scene } from './scene.js';
import type { Seeded } from './seeded.js';

/** People who write on and on until they are told to stop, and ask in conversations of the chat surface. */
export interface Load {
  /** Sends that wait for their answer. */
  readonly sending: number;
  /** What people did beside writing, how often it was done for certain. */
  readonly done: Record<string, number>;
  /** No more is begun; resolves when all that was begun has its answer, and nobody has paused the AI. */
  stop(): Promise<void>;
}

/** What is asked of the AI beside questions by command, and recorded: all that a person can do with answers, notes and pauses. */
export interface AiLoad {
  record: AiRecord;
  /** Names the room among others: no text of one is in another. */
  room: number;
  /** Of the chat surface. */
  chats: readonly Conversation[];
}

interface OwnMessage {
  id: string;
  content: string;
  /** Questions stay as they are, because an edit would make them others. */
  asks: boolean;
  /** As it was sent, and told to characters. */
  untouched: boolean;
}

/** One who asks now and then: every so many messages, by a command, a mention of who has tools, or a mention. */
const asks = (question: string, kind: number): string =>
  [`/ask ${question}`, `@keeper look up ${question}`, `@ada, ${question}`, `@keeper, ${question}`][kind % 4]!;

export function startLoad(scene: Scene, chance: Seeded, ai: AiLoad | null = null): Load {
  const { roomId, people } = scene;
  const { record, room, chats } = ai ?? { record: new AiRecord(), room: 0, chats: [] };
  let stopped = false;
  let sending = 0;
  const done: Record<string, number> = {};
  /** A call that fails was either done or not done, and both are fine. */
  const attempt = async <T>(what: string, call: () => Promise<T>): Promise<T | null> => {
    const result = await call().catch(() => null);
    if (result !== null) done[what] = (done[what] ?? 0) + 1;
    return result;
  };

  const writing = people.map(async (person, i) => {
    const mine: OwnMessage[] = [];
    const notes: NoteRecord[] = [];
    for (let n = 0; !stopped; n++) {
      sending++;
      const question = `ask-${room}-${n}-${i}`;
      const turn = (n - i * 4 + 20) % 20;
      const isQuestion = turn === 0 || (ai !== null && turn === 10);
      // Half way between two questions nobody is called, and a character may take it up: so one is often being asked whether it does.
      const asked = turn === 10 ? `The tides: ${question}` : asks(question, ai ? Math.floor(n / 20) + i : 0);
      const content = isQuestion ? asked : `message ${room}.${n}.${i}.`;
      const { acknowledged } = await person.say(roomId, content).finally(() => sending--);
      if (acknowledged) mine.push({ id: acknowledged.messageId, content, asks: isQuestion, untouched: !isQuestion });
      const message = mine.length > 0 ? chance.pick(mine) : null;
      if (message && chance.random() < 0.3) await changeMessage(person, message, `edited ${n} of ${i}`);
      if (ai && chance.random() < 0.06) await attend(person, notes, message);
      if (ai && chance.random() < 0.15) await reconsider(person, i);
      await delay(chance.between(50, 250));
    }
  });

  async function changeMessage({ client: { trpc } }: Talker, message: OwnMessage, text: string): Promise<void> {
    const { id: messageId, content, asks: isQuestion, untouched } = message;
    const what = chance.random();
    if (what < 0.55 || isQuestion) {
      await attempt('react', () => trpc.messages.react.mutate({ messageId, emoji: '👍', on: chance.random() < 0.6 }));
    } else if (what < 0.8 || !ai) {
      message.untouched = false;
      await attempt('edit', () => trpc.messages.edit.mutate({ messageId, content: text }));
    } else if (untouched) {
      message.untouched = false;
      if (await attempt('hide', () => trpc.messages.hideFromAi.mutate({ messageId, on: true })))
        record.hidden.push({ roomId, text: content, doneAt: performance.now() });
    }
  }

  /** Writes a note, gives one another text, or removes one. */
  async function attend({ client: { trpc } }: Talker, notes: NoteRecord[], from: OwnMessage | null): Promise<void> {
    const note = notes.length > 0 && chance.random() < 0.7 ? chance.pick(notes) : null;
    if (!note) {
      const text = from?.untouched ? from.content : 'A note of nothing in particular';
      const messageId = from?.untouched ? from.id : null;
      const made = await attempt('note', () => trpc.notes.save.mutate({ roomId, text, messageId }));
      if (!made) return;
      const written: NoteRecord = { roomId, id: made.id, texts: [text], removal: 'none' };
      notes.push(written);
      record.notes.push(written);
    } else if (chance.random() < 0.6) {
      const all = (await trpc.notes.list.query({ roomId }).catch(() => null)) ?? [];
      const read = all.find(({ id }) => id === note.id);
      if (!read) return;
      const text = `A better note, ${note.texts.length} of ${note.id}`;
      note.texts.push(text);
      if (await attempt('better note', () => trpc.notes.save.mutate({ roomId, noteId: note.id, text, version: read.rev })))
        note.texts = [text];
    } else if (note.removal === 'none') {
      note.removal = 'asked';
      if (await attempt('no note', () => trpc.notes.remove.mutate({ roomId, noteId: note.id }))) note.removal = 'done';
    }
  }

  /** Has an answer written again, or chooses one of its texts; the first person, who may, pauses the AI for a moment. */
  async function reconsider(person: Talker, i: number): Promise<void> {
    const { trpc } = person.client;
    if (i === 0 && chance.random() < 0.2) return await pause(person);
    const answers = [...answersIn(scene)].filter(({ reply }) => reply!.askedBy === person.id);
    if (answers.length === 0) return;
    const { id: messageId } = chance.pick(answers.slice(-5));
    if (chance.random() < 0.5) {
      const wish = chance.random() < 0.5 ? { instruction: 'shorter' } : {};
      record.again.add(messageId);
      await attempt('regenerate', () => trpc.replies.regenerate.mutate({ messageId, ...wish }));
      return;
    }
    const versions = (await trpc.replies.versions.query({ messageId }).catch(() => null)) ?? [];
    const whole = versions.filter(({ status }) => status === 'complete');
    if (whole.length === 0) return;
    const { attempt: chosen } = chance.pick(whole);
    await attempt('choose', () => trpc.replies.choose.mutate({ messageId, attempt: chosen }));
  }

  /** Once a call had no answer, it may be done at any later time, and nobody knows whether the AI is paused. */
  let certain = true;
  async function pause({ client: { trpc } }: Talker): Promise<void> {
    const paused = await attempt('pause', () => trpc.rooms.pauseAi.mutate({ roomId, paused: true }));
    const from = performance.now();
    await delay(chance.between(100, 500));
    const to = performance.now();
    if (!paused) certain = false;
    if (certain) record.paused.push({ roomId, from, to });
    if (!(await trpc.rooms.pauseAi.mutate({ roomId, paused: false }).catch(() => null))) {
      certain = false;
      await resume(trpc);
    }
  }
  const resume = (trpc: Talker['client']['trpc']) => patiently(() => trpc.rooms.pauseAi.mutate({ roomId, paused: false }));

  const chatting = chats.map(async ({ ask }, i) => {
    for (let n = 0; !stopped; n++) {
      await ask(`ask-${room}-${n}-${people.length + i}`);
      await delay(chance.between(500, 3_000));
    }
  });
  return {
    get sending() {
      return sending;
    },
    done,
    async stop() {
      stopped = true;
      await Promise.all([...writing, ...chatting]);
      if (ai) await resume(people[0]!.client.trpc);
    },
  };
}

/** The answers of a room that have ended, as its readers have them. */
function* answersIn({ history, roomId }: Scene): Generator<MessageView> {
  const reader = history.readers.find((each) => each.roomId === roomId);
  for (const message of reader?.messages.values() ?? []) if (message.kind === 'reply' && !isInProgress(message.status)) yield message;
}
