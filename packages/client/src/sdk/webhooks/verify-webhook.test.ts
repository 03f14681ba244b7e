import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyWebhook } from './verify-webhook.js';

const secret = `whsec_${randomBytes(24).toString('base64')}`;
const other = `whsec_${randomBytes(32).toString('base64')}`;
const body = JSON.stringify({ type: 'message.created', timestamp: '2026-01-01T00:00:00.000Z', data: { content: 'Grüße' } });

/** As the scheme says (https://www.standardwebhooks.com), in Node's own terms. */
function sign(of: string, { id = 'msg_1', at = Math.floor(Date.now() / 1_000), text = body } = {}) {
  const key = Buffer.from(of.replace('whsec_', ''), 'base64');
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${at}.${text}`).digest('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signature };
}

test('a webhook that is signed is read, whatever holds its headers and its body', async () => {
  const headers = sign(secret);
  const said = JSON.parse(body) as unknown;
  expect(await verifyWebhook(secret, headers, body)).toEqual(said);
  expect(await verifyWebhook(secret.replace('whsec_', ''), new Headers(headers), Buffer.from(body))).toEqual(said);
  const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
  expect(await verifyWebhook([other, secret], upper, body)).toEqual(said);
  // While the secret is rotated the server signs by both.
  const both = { ...headers, 'webhook-signature': `v1,AAAA v2,x ${headers['webhook-signature']} ${sign(other)['webhook-signature']}` };
  expect(await verifyWebhook(other, both, body)).toEqual(said);
});

test.each([
  ['another secret', sign(other), body, 'The signature is not'],
  ['another body', sign(secret), body.replace('Grüße', 'Gruesse'), 'The signature is not'],
  ['another id', { ...sign(secret), 'webhook-id': 'msg_2' }, body, 'The signature is not'],
  ['a signature that is no base64', { ...sign(secret), 'webhook-signature': 'v1,*' }, body, 'The signature is not'],
  [
    'thousands of signatures',
    { ...sign(secret), 'webhook-signature': `${'v1,AAAA '.repeat(2_000)}${sign(secret)['webhook-signature']}` },
    body,
    'The signature is not',
  ],
  ['a time long past', sign(secret, { at: Math.floor(Date.now() / 1_000) - 400 }), body, 'too old'],
  ['a time to come', sign(secret, { at: Math.floor(Date.now() / 1_000) + 400 }), body, 'too old'],
  ['a time that is none', { ...sign(secret), 'webhook-timestamp': 'now' }, body, 'is no time'],
  ['no signature', { ...sign(secret), 'webhook-signature': undefined }, body, 'webhook-signature is missing'],
  ['a body that is no JSON', sign(secret, { text: 'hello' }), 'hello', 'no JSON'],
])('a webhook with %s is refused', async (_, headers, text, why) => {
  await expect(verifyWebhook(secret, headers, text)).rejects.toMatchObject({
    name: 'WebhookError',
    message: expect.stringContaining(why) as string,
  });
});

test('a secret that is none is the program’s own mistake', async () => {
  await expect(verifyWebhook('', sign(secret), body)).rejects.toThrow(TypeError);
  await expect(verifyWebhook('whsec_ü', sign(secret), body)).rejects.toThrow(TypeError);
});
