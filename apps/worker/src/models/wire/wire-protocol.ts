import type { SentError } from './wire-values.js';

/** What one provider's protocol means, so that servers which speak it with an accent are understood. */
export interface WireProtocol {
  /** Begins to read one answer. */
  begin(): WireAnswer;
  /** The body of an error as the provider's SDK reads it. */
  errorBody(error: SentError): object;
}

/**
 * One answer: takes what the server sent, gives events in the provider's own form. Only what a reply needs goes on (text, thoughts,
 * figures, the end), because an SDK that meets anything unknown gives up the whole answer.
 */
export interface WireAnswer {
  /** The events that one event of the stream stands for; none if it says nothing. */
  take(value: unknown): object[];
  /** The events that a whole answer stands for, from a server that does not stream. */
  takeWhole(value: unknown): object[];
  /** True once the server said why the answer ends. Figures may follow. */
  readonly finished: boolean;
  /** True once nothing that counts can follow. */
  readonly complete: boolean;
  /** The events of the protocol's end that are still missing. */
  close(): object[];
}
