import type { WebhookEvent } from '../views.js';

/** A webhook that is not Parley's, or not as Parley sent it, or too old to be taken for new. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

/** The headers of a request: those of `fetch`, of Node's `request.headers`, or of anything like them. Names in any case. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How far the time of a webhook may be from this machine's, in seconds (https://www.standardwebhooks.com). */
const toleranceSeconds = 300;
/** How many signatures are looked at: one for each secret that is good. A stranger could send thousands, each with the work of a hash. */
const maxSignatures = 8;

/**
 * Reads a webhook that Parley sent, once it is sure that Parley did, by the scheme of Standard Webhooks: its `webhook-signature` is of its secret, its
 * `webhook-id`, its `webhook-timestamp` and its body.
 *
 * @param secret what the call that made the webhook answered (`whsec_…`); several while it is rotated
 * @param body as it came, byte for byte: not parsed and written again
 * @returns what the body says: what happened, by its `type`
 * @throws WebhookError for a webhook that is not good: answer it with the status 400 or 401
 * @throws TypeError for a secret that is none
 */
export async function verifyWebhook<T = WebhookEvent>(
  secret: string | readonly string[],
  headers: WebhookHeaders,
  body: string | Uint8Array,
): Promise<T> {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ', maxSignatures);
  const age = Date.now() / 1_000 - Number(timestamp);
  if (!/^\d{1,15}$/.test(timestamp)) throw new WebhookError('webhook-timestamp is no time.');
  if (Math.abs(age) > toleranceSeconds) throw new WebhookError('The webhook is too old, or this machine’s clock is wrong.');
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), typeof body === 'string' ? new TextEncoder().encode(body) : body);
  for (const each of typeof secret === 'string' ? [secret] : secret) {
    const key = await crypto.subtle.importKey('raw', secretBytes(each), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of signatures) {
      const bytes = signature.startsWith('v1,') ? bytesOf(signature.slice(3)) : null;
      if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) return parsed<T>(body);
    }
  }
  throw new WebhookError('The signature is not that of this secret and this body.');
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookError(`The header ${name} is missing.`);
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  if (!bytes || bytes.length === 0) throw new TypeError('secret: give what the call that made the webhook answered (“whsec_…”).');
  return bytes;
}

/** @returns null for a text that is no base64 */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function parsed<T>(body: string | Uint8Array): T {
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) as T;
  } catch {
    throw new WebhookError('The body is no JSON.');
  }
}
