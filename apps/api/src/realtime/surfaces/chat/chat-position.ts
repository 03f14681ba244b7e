import type { SeqRange } from './done-seqs.js';

/**
 * How far a reader of a chat session was told its answers. It is the id of an event, so that any instance can go on from exactly there: it
 * names what was told by lengths and digests, and the text itself is in the room.
 */
export interface ChatPosition {
  /** The changes of the room up to this one were looked at; null for a reader that has to begin at the room's head. */
  rev: number | null;
  /** Messages of which nothing more is to be told: {@link DoneSeqs}. */
  floor: number;
  ranges: readonly SeqRange[];
  /** The answers of which a part was told. */
  answers: readonly ToldPart[];
}

export interface ToldPart {
  messageId: string;
  /** How often the answer was told anew under another id. */
  restarts: number;
  nextChunk: number;
  /** True if the last chunk was sent, and the end is still to be told. */
  finalSent: boolean;
  /** The text that was told: its length in UTF-16 units, and its digest. */
  length: number;
  digest: string;
}

/** The most answers of which a part was told: more are hardly ever written at once in a room. */
const maxParts = 64;
/** The longest id. What the head of a request may hold is some twice as long. */
const maxLength = 8_000;
const answer = /^([0-9a-f]{32})\.(\d{1,10})\.(\d{1,10})\.([01])\.(\d{1,10})\.([\w-]{11})$/;
const range = /^(\d{1,10})-(\d{1,10})$/;

export function positionId({ rev, floor, ranges, answers }: ChatPosition): string {
  return [
    rev ?? '',
    floor,
    ranges.map(([from, to]) => `${from}-${to}`).join(','),
    ...answers.map(({ messageId, restarts, nextChunk, finalSent, length, digest }) =>
      [messageId.replaceAll('-', ''), restarts, nextChunk, finalSent ? 1 : 0, length, digest].join('.'),
    ),
  ].join('~');
}

/** @returns null for what is no id of ours */
export function readPosition(id: string): ChatPosition | null {
  if (id.length > maxLength) return null;
  const [rev, floor, ranges, ...answers] = id.split('~');
  if (rev === undefined || floor === undefined || ranges === undefined || answers.length > maxParts) return null;
  if (!/^\d{0,10}$/.test(rev) || !/^\d{1,10}$/.test(floor)) return null;
  const readRanges = ranges === '' ? [] : ranges.split(',').map((text) => range.exec(text));
  const readAnswers = answers.map((text) => answer.exec(text));
  if (readRanges.includes(null) || readAnswers.includes(null)) return null;
  return {
    rev: rev === '' ? null : Number(rev),
    floor: Number(floor),
    ranges: readRanges.map((match) => [Number(match![1]), Number(match![2])] as const).filter(([from, to]) => from <= to),
    answers: readAnswers.map((match) => {
      const [, hex, restarts, nextChunk, finalSent, length, digest] = match!;
      return {
        messageId: hex!.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
        restarts: Number(restarts),
        nextChunk: Number(nextChunk),
        finalSent: finalSent === '1',
        length: Number(length),
        digest: digest!,
      };
    }),
  };
}
