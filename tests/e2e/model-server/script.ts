/** What a scripted answer consists of, in order. A plain string is a piece of text. */
export type ModelStep =
  | string
  | { text: string }
  /** Thinking, as each protocol streams it. */
  | { reasoning: string }
  | { waitMs: number }
  /** Goes on once it resolves; ends quietly if the caller goes away first. */
  | { until: Promise<unknown> }
  /** Bytes onto the connection as they are: malformed chunks, half an event. */
  | { raw: string }
  /** An error inside the stream, as servers send once the status line is gone; `type` and `code` as the protocol names them. */
  | { error: { message: string; type?: string; code?: string | number } }
  /** Destroys the connection: the answer ends in the middle. */
  | { cut: true }
  /** Ends the response properly, without the protocol's end: what a proxy makes of a server that died. */
  | { close: true }
  /** Sends nothing more and keeps the connection until the caller goes away. */
  | { stall: true };

export interface ModelUsage {
  promptTokens: number;
  completionTokens: number;
}

/** How an answer ends; each protocol has its own word for it. */
export type ModelFinish = 'stop' | 'length' | 'content_filter';

/** A refusal that every provider knows, rendered as each of them does. */
export type ModelRefusal = 'bad_key' | 'rate_limit' | 'no_credit' | 'overloaded' | 'context_too_long' | 'content_filter' | 'unknown_model';

export type ModelAnswer =
  /** Streamed with status 200, then the finish, the usage and the protocol's end. */
  | { steps: Iterable<ModelStep> | AsyncIterable<ModelStep>; finishReason?: ModelFinish; usage?: ModelUsage }
  /** Refused before any text, in the provider's own shape. How long to wait is said where the provider says it. */
  | { refuse: ModelRefusal; retryAfterSeconds?: number; message?: string }
  /** Any other status, with an error in the provider's shape. */
  | { status: number; error?: { message: string; type?: string; code?: string }; headers?: Record<string, string> }
  /** Any status, with this as the whole response: JSON, or a text such as a page. */
  | { status: number; body: object | string; headers?: Record<string, string> };

export type ProtocolName = 'openai' | 'anthropic' | 'google';

/** A turn of the conversation as it was sent, whatever the protocol called its parts. */
export interface SentTurn {
  role: 'system' | 'user' | 'assistant';
  text: string;
}

/** The body of a call, as the protocol has it. */
export type RequestBody = Record<string, unknown> & {
  /** OpenAI and Anthropic: the model's name; Google has it in the path. */
  model?: string;
  temperature?: number;
};

export interface RecordedRequest {
  /** From 0, in order of arrival. */
  index: number;
  protocol: ProtocolName;
  /** Model id, wherever the protocol has it. */
  model: string;
  body: RequestBody;
  /** What was sent, system first, in order. */
  turns: SentTurn[];
  temperature: number | null;
  /** The most tokens that the answer may have, wherever the protocol has it. */
  maxTokens: number | null;
  /** The key, from the header the protocol has it in; null where there was none. */
  key: string | null;
  /** Text sent so far. */
  sent: string;
  /** Resolves when the answer is over: sent to its end, cut by the script, or left by the caller. */
  ended: Promise<'sent' | 'cut' | 'left'>;
}

export type ModelScript = (request: RecordedRequest) => ModelAnswer | Promise<ModelAnswer>;

/** A door in a script: `yield { until: door.opened }` waits until the test calls `open()`. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A text in words, each with the space before it, as models stream. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}

/** Every turn of a request in one string, for looking for what was or was not sent to the model. */
export function promptText(request: RecordedRequest): string {
  return request.turns.map(({ text }) => text).join('\n');
}
