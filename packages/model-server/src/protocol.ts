import type { IncomingHttpHeaders } from 'node:http';
import type { ModelFinish, ModelRefusal, ModelUsage, ProtocolName, RequestBody, SentCall, SentTool, SentTurn } from './script.js';

/** What a protocol makes of a call. */
export interface ReadCall {
  model: string;
  stream: boolean;
  turns: SentTurn[];
  tools: SentTool[];
  temperature: number | null;
  maxTokens: number | null;
  key: string | null;
}

export interface Refusal {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** What a call of a model asks for in its path. */
export interface CallPath {
  /** `''` where the body names the model. */
  model: string;
  /** Whether the path says that the answer is streamed; null where the body says it. */
  stream: boolean | null;
}

/** A call of a tool in an answer. */
export interface AnswerCall {
  id: string;
  name: string;
  arguments: Record<string, unknown>;
}

/** A part of an answer that is sent all at once. */
export type AnswerPart = { text: string } | { reasoning: string } | { call: AnswerCall };

export interface SentError {
  message: string;
  type?: string;
  code?: string | number;
}

/** One provider's protocol: how a call is read, and the bytes of each part of an answer. */
export interface Protocol {
  readonly name: ProtocolName;
  /** Null when the path is not this protocol's. */
  matches(path: string): CallPath | null;
  read(body: RequestBody, headers: IncomingHttpHeaders, path: CallPath): ReadCall;
  /** One streamed answer's bytes; holds what the protocol counts within it. */
  answer(call: ReadCall & { index: number }, usage: ModelUsage): ProtocolAnswer;
  /** The body of an answer that is not streamed. */
  whole(call: ReadCall & { index: number }, parts: readonly AnswerPart[], reason: ModelFinish, usage: ModelUsage): object;
  refuse(refusal: ModelRefusal, options: { message?: string | undefined; retryAfterSeconds?: number | undefined }): Refusal;
  /** The body of any other status. */
  error(status: number, error: SentError): object;
  /** Whether the path asks for the models there are, or for one of them; null when it is not this protocol's. */
  lists(path: string, headers: IncomingHttpHeaders): { model: string | null } | null;
  keyOf(headers: IncomingHttpHeaders): string | null;
  /** The body of the list of models. */
  list(models: readonly string[]): object;
  /** One model of the list. */
  describe(model: string): object;
}

export interface ProtocolAnswer {
  /** Before any text. */
  begin(): string;
  text(text: string): string;
  reasoning(text: string): string;
  call(call: AnswerCall): string;
  /** An error inside the stream. */
  error(error: SentError): string;
  /** The finish, the usage, and whatever ends the stream. */
  finish(reason: ModelFinish, usage: ModelUsage): string;
}

/** Text parts of a content that is a string or an array of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => ('text' in part ? String(part['text']) : ''))
    .join('');
}

/** The objects of an array; none of anything else. */
export function objectsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function header(headers: IncomingHttpHeaders, name: string): string | null {
  return stringOrNull(headers[name]);
}

export function countOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** The tool that a description of one describes. */
export function toolOf({ name, description }: Record<string, unknown>, parameters: unknown): SentTool {
  return { name: String(name), description: stringOrNull(description), parameters: parameters ?? null };
}

/** A turn with the calls that were made in it, if any were. */
export function turnOf(role: SentTurn['role'], text: string, calls: SentCall[]): SentTurn {
  return calls.length === 0 ? { role, text } : { role, text, calls };
}

/** Text, thoughts and calls of an answer, apart. */
export function sorted(parts: readonly AnswerPart[]): { text: string; reasoning: string; calls: AnswerCall[] } {
  const all = { text: '', reasoning: '', calls: [] as AnswerCall[] };
  for (const part of parts) {
    if ('text' in part) all.text += part.text;
    else if ('reasoning' in part) all.reasoning += part.reasoning;
    else all.calls.push(part.call);
  }
  return all;
}

/** One server-sent event. */
export function sse(data: object | string, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
