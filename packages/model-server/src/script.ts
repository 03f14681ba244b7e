import type { IncomingHttpHeaders } from 'node:http';

/** What a scripted answer consists of, in order. A plain string is a piece of text. */
export type ModelStep =
  | string
  | { text: string }
  /** Thinking, as each protocol streams it. */
  | { reasoning: string }
  /** A call of a tool. An answer with one ends for that reason, unless it says another. @default `id` one made of the request's and the call's number */
  | { call: { name: string; arguments: Record<string, unknown>; id?: string } }
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
  /** Those read from the provider's cache included. */
  promptTokens: number;
  completionTokens: number;
  /** @default none is said */
  cachedTokens?: number;
}

/** How an answer ends; each protocol has its own word for it. */
export type ModelFinish = 'stop' | 'length' | 'content_filter' | 'tool_calls';

/** A refusal that every provider knows, rendered as each of them does. */
export type ModelRefusal = 'bad_key' | 'rate_limit' | 'no_credit' | 'overloaded' | 'context_too_long' | 'content_filter' | 'unknown_model';

export type ModelAnswer =
  /** Status 200; streamed step by step where the call asks for that, else all at once. Then the finish, the usage and the protocol's end. */
  | { steps: Iterable<ModelStep> | AsyncIterable<ModelStep>; finishReason?: ModelFinish; usage?: ModelUsage }
  /** Refused before any text, in the provider's own shape. How long to wait is said where the provider says it. */
  | { refuse: ModelRefusal; retryAfterSeconds?: number; message?: string }
  /** Any other status, with an error in the provider's shape. */
  | { status: number; error?: { message: string; type?: string; code?: string }; headers?: Record<string, string> }
  /** Any status, with this as the whole response: JSON, or a text such as a page. */
  | { status: number; body: object | string; headers?: Record<string, string> };

export type ProtocolName = 'openai' | 'anthropic' | 'google';

/** A call of a tool that the model made earlier, as it was sent back. */
export interface SentCall {
  /** Null where the protocol gives none. */
  id: string | null;
  name: string;
  arguments: unknown;
}

/** A turn of the conversation as it was sent, whatever the protocol called its parts. */
export interface SentTurn {
  /** `tool`: what a tool gave. */
  role: 'system' | 'user' | 'assistant' | 'tool';
  text: string;
  /** The tools that the model called in this turn. */
  calls?: SentCall[];
  /** The call that this is the result of. Google names the tool, others the call's id. */
  resultOf?: { id: string | null; name: string | null };
}

/** A tool that the model may call. */
export interface SentTool {
  name: string;
  description: string | null;
  /** JSON schema of its arguments. */
  parameters: unknown;
}

/** The body of a call, as the protocol has it. */
export type RequestBody = Record<string, unknown> & {
  /** OpenAI and Anthropic: the model's name; Google has it in the path. */
  model?: string;
  temperature?: number;
};

/** A request, whole: what it was as HTTP, and beside that what it means, which is the same for each protocol. */
export interface RecordedRequest {
  /** From 0, in order of arrival. */
  index: number;
  protocol: ProtocolName;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: RequestBody;
  /** Whether the answer is to be streamed. */
  stream: boolean;
  /** Model id, wherever the protocol has it. */
  model: string;
  /** What was sent, system first, in order. */
  turns: SentTurn[];
  tools: SentTool[];
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

/** A request for the list of models. */
export interface RecordedListing {
  protocol: ProtocolName;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  key: string | null;
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
