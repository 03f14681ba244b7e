import { Webhook } from 'standardwebhooks';

/** A request that is to be signed. */
export interface SignedRequest {
  /** The same for each try, so that a receiver knows a repeat. */
  id: string;
  body: string;
  /** Each signs, in the form of Standard Webhooks; without any there is no signature. */
  secrets: readonly string[];
}

/** The headers of a request to a webhook: what it holds, and its signature by the Standard Webhooks scheme, of now. */
export function signedHeaders({ id, body, secrets }: SignedRequest): Record<string, string> {
  const now = new Date();
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Parley-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    ...(secrets.length > 0 && { 'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' ') }),
  };
}
