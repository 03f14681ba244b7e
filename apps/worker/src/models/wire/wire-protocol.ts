import type { Adaptation } from './adapting-fetch.js';
import type { SentError } from './wire-values.js';

/** What one provider's protocol means, so that servers which speak it with an accent are understood. */
export interface WireProtocol {
  /** Begins to read one answer. */
  begin(): WireAnswer;
  /** The body of an error as the provider's SDK reads it. */
  errorBody(error: SentError): object;
  /** Parameters that some of its models take otherwise. */
  readonly adaptations: readonly Adaptation[];
}

/**
 * One answer: takes what the server sent, gives events in the provider's own form. Only what a reply needs goes on (text, thoughts,
 * calls of tools, figures, the end), because an SDK that meets anything unknown gives up the whole answer.
 */
export interface WireAnswer {
  /** The events that one event of the stream stands for; none if it says nothing. */
  take(value: unknown): object[];
  /** The events that a whole answer stands for, from a server that does not stream. */
  takeWhole(value: unknown): object[];
  /** Whether the answer has ended. Figures may follow, also where it is `sure`. */
  readonly ending: Ending;
  /** True once nothing that counts can follow. */
  readonly complete: boolean;
  /** The events of the protocol's end that are still missing. */
  close(): object[];
}

/**
 * `open`: no reason to finish came. `sure`: one came, and nothing of the answer follows. `maybe`: one came, but the answer may go on,
 * because some servers give a reason with every event.
 */
export type Ending = 'open' | 'maybe' | 'sure';

/** Follows the events of one answer, and tells from the reasons to finish in them whether it has ended. */
export class EndingTracker {
  ending: Ending = 'open';
  #hasContent = false;
  /** True once something of the answer followed a reason to finish: here a reason alone does not end it. */
  #wentOn = false;

  /** Takes one event: whether it had a part of the answer, thoughts too, and whether it gave a reason to finish. */
  add({ content, reason }: { content: boolean; reason: boolean }): void {
    if (content && this.ending !== 'open') this.#wentOn = true;
    if (reason) this.ending = content || this.#wentOn || !this.#hasContent ? 'maybe' : 'sure';
    else if (content) this.ending = 'open';
    this.#hasContent ||= content;
  }
}
