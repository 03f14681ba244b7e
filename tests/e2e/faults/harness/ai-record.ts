/** What people asked of the AI of a room beside questions, and what became of it as they saw it. Moments are those of `performance.now()`. */
export class AiRecord {
  readonly hidden: { roomId: string; text: string; doneAt: number }[] = [];
  /** When the AI of a room was paused for certain: from the answer to the call until it was to be resumed. */
  readonly paused: { roomId: string; from: number; to: number }[] = [];
  readonly notes: NoteRecord[] = [];
  /** Questions that a model was asked, by every call. */
  readonly asked: AskedText[] = [];
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
