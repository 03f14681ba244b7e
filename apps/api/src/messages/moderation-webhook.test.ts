import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import type { SaidText } from '@parley/core/messages/screen-text';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModerationWebhook, type ModerationWebhookOptions } from './moderation-webhook.js';

interface Got {
  headers: IncomingMessage['headers'];
  body: string;
}

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const closing: (() => Promise<void>)[] = [];
let got: Got[];
let answer: (response: ServerResponse) => void;
let settings: { moderationUrl: string; moderationSecret: string; moderationAway: 'allow' | 'refuse' };
let logged: string[];
let clock: number;

beforeEach(async () => {
  got = [];
  logged = [];
  clock = 0;
  answer = says({ verdict: 'allow' });
  const moderationUrl = await listen((request, response) => {
    void readText(request).then((body) => {
      got.push({ headers: request.headers, body });
      answer(response);
    });
  });
  settings = { moderationUrl, moderationSecret: secret, moderationAway: 'refuse' };
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
}

const says = (json: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(json));

/** No verdict takes this long, so only a test of an endpoint that hangs shortens it. */
function webhook(options: ModerationWebhookOptions = {}, allowed = ['127.0.0.1']) {
  const note = (_fields: object, line: string) => void logged.push(line);
  return new ModerationWebhook(
    {
      settings: { get: (name) => settings[name as keyof typeof settings] as never },
      allowed: new AllowedAddresses(allowed),
      log: { info: note, warn: note, error: note },
    },
    { answerMs: 60_000, now: () => clock, ...options },
  );
}

let n = 0;
function said(content = 'a seal', of: SaidText['of'] = { clientId: `send ${n++}` }): SaidText {
  const room = { roomId: 'room-1', visibility: 'public', actor: { userId: 'user-1', username: 'ann' } } as SaidText['room'];
  return { room, content, of, replyTo: null };
}

const away = { code: 'UNAVAILABLE', message: expect.stringContaining('checked first') as string };

test('nobody is asked while no address is set', () => {
  settings.moderationUrl = '';
  expect(webhook().judge).toBeUndefined();
});

test('is told who says what where, signed as webhooks are', async () => {
  expect(await webhook().judge!(said('a seal', { messageId: 'message-1' }))).toEqual({ kind: 'allow' });
  const [{ headers, body }] = got as [Got];
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
    type: 'message.check',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    data: {
      roomId: 'room-1',
      visibility: 'public',
      author: { id: 'user-1', username: 'ann' },
      messageId: 'message-1',
      replyTo: null,
      content: 'a seal',
    },
  });
  expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow(/signature/i);
  settings.moderationSecret = '';
  await webhook().judge!(said());
  expect(got[1]!.headers).not.toHaveProperty('webhook-signature');
});

test.each([
  [{ verdict: 'allow' }, { kind: 'allow' }],
  [{ verdict: 'hide', score: 0.9 }, { kind: 'hide' }],
  [{ verdict: 'refuse' }, { kind: 'refuse', message: null }],
  [
    { verdict: 'refuse', message: ' \n ' },
    { kind: 'refuse', message: null },
  ],
  [
    { verdict: 'refuse', message: ' No\u0000 seals\non \u202eMondays. ' },
    { kind: 'refuse', message: 'No  seals on  Mondays.' },
  ],
])('%j is a verdict', async (told, verdict) => {
  answer = says(told);
  expect(await webhook().judge!(said())).toEqual(verdict);
});

test('a sentence is cut', async () => {
  answer = says({ verdict: 'refuse', message: 'x'.repeat(5_000) });
  const verdict = await webhook().judge!(said());
  expect(verdict.kind === 'refuse' && verdict.message!.length).toBe(300);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['no JSON', (response) => void response.end('<html>')],
  ['no verdict', says({ verdict: 'perhaps' })],
  ['nothing', (response) => void response.end()],
  ['an error', (response) => void response.writeHead(500).end('{"verdict":"allow"}')],
  ['a redirect', (response) => void response.writeHead(302, { location: settings.moderationUrl }).end()],
  ['a megabyte', (response) => void response.end(`{"verdict":"allow"}${' '.repeat(1024 * 1024)}`)],
])('an answer of %s is none, for its text alone', async (_what, bad) => {
  answer = bad;
  const hook = webhook();
  await expect(hook.judge!(said())).rejects.toMatchObject(away);
  settings.moderationAway = 'allow';
  expect(await hook.judge!(said())).toEqual({ kind: 'allow' });
  answer = says({ verdict: 'hide' });
  expect(await hook.judge!(said())).toEqual({ kind: 'hide' });
  expect(got).toHaveLength(3);
});

test('an endpoint that hangs costs one text its time, then one each few seconds', async () => {
  answer = () => {};
  const hook = webhook({ answerMs: 50, restMs: 5_000 });
  await expect(hook.judge!(said())).rejects.toMatchObject(away);
  clock = 4_999;
  await expect(hook.judge!(said())).rejects.toMatchObject(away);
  settings.moderationAway = 'allow';
  expect(await hook.judge!(said())).toEqual({ kind: 'allow' });
  expect(got).toHaveLength(1);
  // One tries; those beside it go on without.
  clock = 5_000;
  expect(await Promise.all([hook.judge!(said()), hook.judge!(said())])).toEqual([{ kind: 'allow' }, { kind: 'allow' }]);
  expect(got).toHaveLength(2);
  expect(logged).toEqual(['the moderation webhook is away']);
});

test('an endpoint that breaks off is away, and is asked about everything again once it answers one text', async () => {
  answer = (response) => void response.socket!.destroy();
  const hook = webhook();
  await expect(hook.judge!(said())).rejects.toMatchObject(away);
  await expect(hook.judge!(said())).rejects.toMatchObject(away);
  expect(got).toHaveLength(1);
  answer = says({ verdict: 'hide' });
  clock = 5_000;
  const [first, beside] = [hook.judge!(said()), hook.judge!(said())];
  await expect(beside).rejects.toMatchObject(away);
  expect(await first).toEqual({ kind: 'hide' });
  expect(await hook.judge!(said())).toEqual({ kind: 'hide' });
  expect(logged).toEqual(['the moderation webhook is away', 'the moderation webhook answers again']);
});

test('another address than the one that is away is asked at once', async () => {
  answer = (response) => void response.socket!.destroy();
  const hook = webhook();
  await expect(hook.judge!(said())).rejects.toMatchObject(away);
  answer = says({ verdict: 'allow' });
  settings.moderationUrl += '?v=2';
  expect(await hook.judge!(said())).toEqual({ kind: 'allow' });
});

test('a private address is called only where the operator allows it, and a name that takes too long counts as away', async () => {
  await expect(webhook({}, []).judge!(said())).rejects.toMatchObject(away);
  settings.moderationUrl = 'http://moderation.test/check';
  const never = () => new Promise<never>(() => {});
  await expect(webhook({ resolve: never, answerMs: 20 }).judge!(said())).rejects.toMatchObject(away);
  expect(got).toEqual([]);
});

test('the same text of the same message is asked about once, at the same moment too, under an id that tells a repeat', async () => {
  const hook = webhook();
  const same = said('a seal', { clientId: 'one' });
  expect(await Promise.all([hook.judge!(same), hook.judge!({ ...same })])).toEqual([{ kind: 'allow' }, { kind: 'allow' }]);
  await hook.judge!(same);
  expect(got).toHaveLength(1);
  await hook.judge!({ ...same, content: 'another' });
  clock = 60_000;
  await hook.judge!(same);
  expect(got.map(({ headers }) => headers['webhook-id'])).toEqual([got[2]!.headers['webhook-id'], expect.any(String), expect.any(String)]);
  expect(got[1]!.headers['webhook-id']).not.toBe(got[0]!.headers['webhook-id']);
});

test('that there was no answer is not remembered', async () => {
  const hook = webhook();
  const same = said('a seal', { clientId: 'again' });
  answer = (response) => void response.end('?');
  await expect(hook.judge!(same)).rejects.toMatchObject(away);
  answer = says({ verdict: 'hide' });
  expect(await hook.judge!(same)).toEqual({ kind: 'hide' });
});
