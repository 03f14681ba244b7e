/** What a scripted answer consists of, in order. A plain string is a piece of text. */
export type ModelStep =
  | string
  | { text: string }
  /** Thinking, as several OpenAI-compatible servers stream it (`reasoning_content`). */
  | { reasoning: string }
  | { waitMs: number }
  /** Goes on once it resolves; ends quietly if the caller goes away first. */
  | { until: Promise<unknown> }
  /** Bytes onto the connection as they are: malformed chunks, half an event. */
  | { raw: string }
  /** An error object inside the stream, as servers send once the status line is gone. */
  | { error: { message: string; type?: string; code?: string | number } }
  /** Destroys the connection: the answer ends in the middle. */
  | { cut: true }
  /** Sends nothing more and keeps the connection until the caller goes away. */
  | { stall: true };

export interface ModelUsage {
  promptTokens: number;
  completionTokens: number;
}

export type ModelAnswer =
  /** Streamed with status 200, then `finishReason`, `usage` and `[DONE]`. */
  | { steps: Iterable<ModelStep> | AsyncIterable<ModelStep>; finishReason?: string; usage?: ModelUsage }
  /** Refused before any text. `error` is the body's `error` object. */
  | { status: number; error?: { message: string; type?: string; code?: string }; headers?: Record<string, string> };

/** The body of `POST /v1/chat/completions`, as far as tests look at it. */
export interface ChatRequestBody {
  model: string;
  stream?: boolean;
  temperature?: number;
  messages: { role: string; content: unknown }[];
  [field: string]: unknown;
}

export interface RecordedRequest {
  /** From 0, in order of arrival. */
  index: number;
  body: ChatRequestBody;
  authorization: string | null;
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

/** Every message of a request in one string, for looking for what was or was not sent to the model. */
export function promptText(request: RecordedRequest): string {
  return request.body.messages.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content))).join('\n');
}
