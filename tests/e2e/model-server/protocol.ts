import type { IncomingHttpHeaders } from 'node:http';
import type { ModelFinish, ModelRefusal, ModelUsage, ProtocolName, RequestBody, SentTurn } from './script.js';

/** What a protocol makes of a call. */
export interface ReadCall {
  model: string;
  turns: SentTurn[];
  temperature: number | null;
  maxTokens: number | null;
  key: string | null;
}

export interface Refusal {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** One provider's streaming protocol: how a call is read, and the bytes of each part of an answer. */
export interface Protocol {
  readonly name: ProtocolName;
  /** The model id in the path, `''` where the body has it, or null when the path is not this protocol's. */
  matches(path: string): string | null;
  read(body: RequestBody, headers: IncomingHttpHeaders, pathModel: string): ReadCall;
  /** One answer's bytes; holds what the protocol counts within it. */
  answer(call: ReadCall & { index: number }, usage: ModelUsage): ProtocolAnswer;
  refuse(refusal: ModelRefusal, options: { message?: string | undefined; retryAfterSeconds?: number | undefined }): Refusal;
  /** The body of any other status. */
  error(status: number, error: { message: string; type?: string; code?: string }): object;
}

export interface ProtocolAnswer {
  /** Before any text. */
  begin(): string;
  text(text: string): string;
  reasoning(text: string): string;
  /** An error inside the stream. */
  error(error: { message: string; type?: string; code?: string | number }): string;
  /** The finish, the usage, and whatever ends the stream. */
  finish(reason: ModelFinish, usage: ModelUsage): string;
}

/** Text parts of a content that is a string or an array of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '')).join('');
}

export function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

export function countOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** One server-sent event. */
export function sse(data: object | string, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}
