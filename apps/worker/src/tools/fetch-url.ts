import type { IncomingMessage } from 'node:http';
import { failedCall, type ReplyTool, type ToolResult } from '@parley/core/replies/tools/reply-tool';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { findWebhookTarget, type Resolve } from '@parley/core/webhooks/webhook-target';
import { reachTarget } from '@parley/core/webhooks/reach-target';
import { pageText } from './page-text.js';

export interface FetchUrlOptions {
  /** Private addresses that may be called. */
  allowed: AllowedAddresses;
  /** Finds the addresses of a name. @default as `findWebhookTarget` does */
  resolve?: Resolve | undefined;
}

/** How much of an answer is read, in bytes. */
const maxBytes = 512 * 1024;
const maxRedirects = 3;
const readable = /^(?:text\/|application\/(?:json|xml|[\w.+-]{1,60}\+(?:json|xml))\b)/i;

/**
 * The tool that reads a page of the web. It opens an address only if that stands, as it is, in what the model was given: in a message, or in
 * a page that was read before. An address that the model made up could carry what was said in the room to whoever told it to.
 *
 * Each host is resolved once, and is none of this machine's networks; so is each that a redirect leads to.
 */
export function fetchUrlTool({ allowed, resolve }: FetchUrlOptions, isGiven: (address: string) => boolean): ReplyTool {
  return {
    name: 'fetch_url',
    description:
      'Reads a page of the web as text. Only an address that stands in a message or in a page read before can be read, exactly as it stands there.',
    inputSchema: {
      type: 'object',
      properties: { url: { type: 'string', description: 'The address, exactly as it was given.' } },
      required: ['url'],
      additionalProperties: false,
    },
    repeatable: true,
    changes: false,
    permission: 'fetch_url',
    asked: urlOf,
    async call(args, signal) {
      const address = urlOf(args);
      if (!URL.canParse(address)) return failedCall('Give url, an address that begins with https://.');
      if (!isGiven(address)) return failedCall('That address is in no message and no page that was read, so it is not opened.');
      try {
        return await read(address, { allowed, resolve }, signal);
      } catch (error) {
        signal.throwIfAborted();
        const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'it broke off';
        return failedCall(`The connection failed: ${code}.`);
      }
    },
  };
}

/** What an address may go on with, so that what stands before it is the beginning of a longer one: `https://a.co` of `https://a.com`. */
const within = /[\w%&=?/#+.~@-]/;
/** What may stand behind an address: nothing of it, perhaps after signs that end a sentence or an element. */
const behind = /^[.,;:!?*_~'")\]}]*(?:$|[\s<>"'`|\\{}[\]()*]|(?![\p{L}\p{N}\p{M}])[^\0-\x7f])/u;
/** How far behind an address is looked, in UTF-16 units. */
const lookBehind = 8;

/** True if an address stands in a text by itself, neither as a part of a longer one nor within another. */
export function standsIn(text: string, address: string): boolean {
  if (address === '') return false;
  for (let at = text.indexOf(address); at !== -1; at = text.indexOf(address, at + 1)) {
    const end = at + address.length;
    if (!within.test(text[at - 1] ?? ' ') && behind.test(text.slice(end, end + lookBehind))) return true;
  }
  return false;
}

function urlOf(args: unknown): string {
  const url: unknown = typeof args === 'object' && args !== null ? Reflect.get(args, 'url') : undefined;
  return typeof url === 'string' ? url.trim().slice(0, 2_000) : '';
}

async function read(first: string, { allowed, resolve }: FetchUrlOptions, signal: AbortSignal): Promise<ToolResult> {
  let address = first;
  for (let redirects = 0; ; redirects++) {
    const target = await findWebhookTarget(address, allowed, resolve);
    signal.throwIfAborted();
    // The sentence names no variable: that of webhooks does not hold here.
    if (target.kind === 'refused') return failedCall('That host was not found, or is on a private network.');
    const headers = { accept: 'text/*, application/json;q=0.9', 'accept-encoding': 'identity', 'user-agent': 'Parley-Tools/1' };
    const answer = await reachTarget(target, { method: 'GET', headers, signal });
    const status = answer.statusCode ?? 0;
    const location = answer.headers.location;
    if (status >= 300 && status < 400 && location !== undefined && URL.canParse(location, target.url.href)) {
      answer.destroy();
      if (redirects === maxRedirects) return failedCall('It leads from address to address.');
      address = new URL(location, target.url.href).href;
      continue;
    }
    const type = answer.headers['content-type'] ?? 'text/plain';
    if (status < 200 || status >= 300 || !readable.test(type)) {
      answer.destroy();
      return failedCall(status < 200 || status >= 300 ? `The answer was HTTP ${status}.` : `It is no text, but ${type.slice(0, 100)}.`);
    }
    if (!/^(?:identity)?$/i.test(answer.headers['content-encoding'] ?? '')) {
      answer.destroy();
      return failedCall('It is packed, although a plain text was asked for.');
    }
    const text = decode(await beginningOf(answer), type);
    return { finding: { kind: 'text', text: /html/i.test(type) ? pageText(text, target.url) : text } };
  }
}

async function beginningOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  answer.destroy();
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

function decode(bytes: Buffer, type: string): string {
  const [, charset = 'utf-8'] = /charset="?([\w-]{1,40})/i.exec(type) ?? [];
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
