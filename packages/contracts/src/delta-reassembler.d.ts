import type { Delta, Snapshot } from './room-event.js';
/** How a reassembler answers each input. */
export type ReassemblyResult =
  /** The text grew or started over; `appended` is what came to its end, or null when the whole text was replaced. */
  | {
      kind: 'changed';
      appended: string | null;
    }
  /** Nothing new: old, overlapping, sealed or of an earlier attempt. */
  | {
      kind: 'ignored';
    }
  /** Something is missing before it; it waits in the reorder buffer. */
  | {
      kind: 'hole';
    };
export interface ReplyText {
  attempt: number;
  text: string;
  /** True while later text waits for earlier text. */
  hole: boolean;
}
export interface ReassemblerOptions {
  /** Most UTF-16 units that wait behind a hole, per reply. @default 65536 */
  maxWaitingUnits?: number;
  /** Most deltas that wait behind a hole, per reply. @default 256 */
  maxWaitingDeltas?: number;
  /** Most replies tracked; the least recently changed goes first. @default 1024 */
  maxReplies?: number;
}
/**
 * Puts the texts of replies together from deltas that may come twice, late or never. The rules, per reply:
 * `offset == length` appends; `offset < length` drops the overlap; `offset > length` waits; a higher attempt starts over;
 * a sealed attempt and all below are over; a snapshot of a lower attempt, or of the same one and not longer, is ignored.
 * Deltas of replies it has not heard of are kept all the same. The hub, the client and SSE all use this one.
 */
export declare class DeltaReassembler {
  #private;
  constructor(options?: ReassemblerOptions);
  get size(): number;
  /** The text of a reply so far; undefined if nothing is known of it or its attempt is sealed. */
  get(messageId: string): ReplyText | undefined;
  applyDelta(delta: Delta): ReassemblyResult;
  applySnapshot(snapshot: Snapshot): ReassemblyResult;
  /** The attempt ended with a durable event: from now on the message's own content counts, and late deltas do not. */
  seal(messageId: string, attempt: number): void;
  /** The reply is known to be at this attempt (claimed or queued again): earlier text no longer counts. */
  startAttempt(messageId: string, attempt: number): void;
  forget(messageId: string): void;
  clear(): void;
  /** Every reply that has an open attempt. */
  inProgress(): Generator<
    Snapshot & {
      hole: boolean;
    }
  >;
}
//# sourceMappingURL=delta-reassembler.d.ts.map
