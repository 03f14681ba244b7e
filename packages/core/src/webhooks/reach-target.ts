import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { WebhookTarget } from './webhook-target.js';

export interface TargetRequest {
  method: 'GET' | 'POST' | 'DELETE';
  headers: Record<string, string>;
  /** @default none */
  body?: string;
  signal: AbortSignal;
}

/**
 * Calls a target that was found, and nobody else: host and SNI have the name of the URL, the connection goes to the target's address. No
 * redirect is followed.
 *
 * @returns once the head of the answer is there
 */
export function reachTarget(
  { url, address, family }: WebhookTarget & { kind: 'found' },
  { method, headers, body, signal }: TargetRequest,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method,
      headers,
      signal,
      // A connection of its own: one that is kept could be to another address.
      agent: false,
      lookup: (_hostname, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family)),
    });
    sent.once('response', resolve);
    sent.once('error', reject);
    // Of a receiver that would speak another protocol (HTTP 101) Node gives neither: it drops the connection, and an abort comes too late.
    sent.once('close', () => reject(new Error('there was no answer')));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    sent.end(body);
  });
}
