import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import type { ReplyStep } from '@parley/core/jobs/reply-steps';
import type { SourceMarksOptions } from '@parley/core/prompts/source-marks';
import type { ToolTurn } from '@parley/core/prompts/tool-turns';
import type { NewReceipt, ReceiptPrompt } from '@parley/core/protocol/receipt';
import type { ReplyTool } from '@parley/core/replies/tools/reply-tool';

/** What a model is asked for one reply. */
export interface PreparedCall {
  call: Omit<LanguageModelV3CallOptions, 'abortSignal'>;
  /** The estimated tokens of the prompt; 0 where the model costs nothing. */
  promptTokens: number;
  /** What the answer's marks may name: see `SourceMarks`. Null where the text is to stay as the model writes it. */
  marks: SourceMarksOptions | null;
  /** What the receipt says of the prompt; null where there is none. */
  basis: { prompt: ReceiptPrompt; earlier: NewReceipt['earlier'] } | null;
  /** What is said in place of asking the model, because there is nothing to ask it. @default it is asked */
  answer?: string;
  /** What is put behind the whole answer. @default nothing */
  closing?: string;
  /** What follows the prompt once the model calls tools. Null where it is given none. */
  tools: PreparedTools | null;
}

export interface PreparedTools {
  tools: readonly ReplyTool[];
  /**
   * The turns of what was called so far, and the tokens they take. Messages found get numbers, by which the answer may cite them.
   *
   * @throws errors of the database
   */
  turns(steps: readonly ReplyStep[]): Promise<{ turns: ToolTurn[]; tokens: number }>;
}
