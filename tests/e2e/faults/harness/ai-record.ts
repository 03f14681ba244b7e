import type { ToolAnswer } from '@parley/contracts';

/** What people asked of the AI of a room beside questions, and what became of it as they saw it. Moments are those of `performance.now()`. */
export class AiRecord {
  readonly hidden: { roomId: string; text: string; doneAt: number }[] = [];
  /** When the AI of a room was paused for certain: from the answer to the call until it was to be resumed. */
  readonly paused: { roomId: string; from: number; to: number }[] = [];
  readonly notes: NoteRecord[] = [];
  /** Ids of the answers that somebody wanted to have written again. */
  readonly again = new Set<string>();
  /** Questions that a model was asked, by every call. */
  readonly asked: AskedText[] = [];
  /** Bookings that a model wanted, by name, and when. */
  readonly wanted = new Map<string, { question: string | null; at: number }>();
  /** Bookings at the tool's side, in order: each is an effect. */
  readonly booked: { booking: string; at: number }[] = [];
  readonly answered: AnsweredCall[] = [];
  /** When somebody took back what they had allowed always in a room. */
  readonly forbidden: { roomId: string; by: string; begunAt: number; endedAt: number }[] = [];
  /** Who asked a question, and in which room. */
  readonly askers = new Map<string, { by: string; roomId: string }>();
}

/** What somebody said to a call that waited for them. */
export interface AnsweredCall {
  roomId: string;
  by: string;
  booking: string;
  answer: ToolAnswer;
  begunAt: number;
  /** When it was acknowledged; Infinity if it was not, and perhaps is taken at any later time. */
  endedAt: number;
  /** The code with which it was refused. */
  refused: string | null;
}

export interface NoteRecord {
  roomId: string;
  id: string;
  /** Every text that it was to have, from the last one that was acknowledged on. */
  texts: string[];
  removal: 'none' | 'asked' | 'done';
}

/** A call to the model, as the model server had it. */
export interface AskedText {
  index: number;
  /** The name of the question that it was for; null of a call that nobody asked for. */
  question: string | null;
  /** All that it was sent. */
  text: string;
  /** The ids of the calls of tools whose results it was sent. */
  results: string[];
  /** Its number among the calls for its question, from 0. */
  bit: number;
}

/** The name that each question of the random run has in it, and no other text; null of a text without one. */
export function questionIn(text: string | null): string | null {
  return text?.match(/\bask-\d+-\d+-\d+\b/g)?.at(-1) ?? null;
}

/** The name of a booking, of the arguments of its call. */
export function bookingIn(args: string): string {
  return /\bbooking-\d+\b/.exec(args)?.[0] ?? args;
}
