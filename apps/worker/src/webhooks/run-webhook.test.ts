import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { maxKeptAnswer } from '@parley/contracts';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { runOfWebhook } from '@parley/core/webhooks/authorized-webhook';
import { rotateWebhook } from '@parley/core/webhooks/change-webhook';
import { createWebhook } from '@parley/core/webhooks/create-webhook';
import { listDeliveries } from '@parley/core/webhooks/deliveries';
import { loadWebhook } from '@parley/core/webhooks/list-webhooks';
import { webhookJobs } from '@parley/core/webhooks/webhook-sink';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebhookSettings } from '../replies/runner-deps.js';
import { createWorkerWorld, type WorkerWorld } from '../replies/worker.fixture.js';
import { HostPlaces } from './host-places.js';
import { runWebhook } from './run-webhook.js';

interface Got {
  headers: IncomingMessage['headers'];
  body: string;
}

describe('a delivery', () => {
  let own: WorkerWorld;
  let answer: (request: Got, response: ServerResponse) => void;
  let got: Got[];
  let url: string;

  beforeEach(async () => {
    own = await createWorkerWorld();
    got = [];
    answer = (_request, response) => void response.end('thanks');
    url = await listen((request, response) => {
      void readText(request).then((body) => {
        const received = { headers: request.headers, body };
        got.push(received);
        answer(received, response);
      });
    });
  });
  afterEach(async () => {
    await own[Symbol.asyncDispose]();
    for (const close of closing.splice(0)) await close();
  });

  const closing: (() => Promise<void>)[] = [];
  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/in?of=me`;
  }

  const make = (to = url) =>
    own.world.access.run(own.world.owner.actor, own.world.room.id, 'webhooks.create', (room) =>
      createWebhook(own.deps, room, { url: to, events: ['message.created'] }),
    );
  const rooms = () => ({ db: own.deps.db, rooms: own.world.access });
  const last = async (webhookId: string) => {
    const of = { webhookId, operation: 'webhooks.deliveries' } as const;
    const deliveries = await runOfWebhook(rooms(), own.world.owner.actor, of, (webhook) => listDeliveries(own.deps, webhook));
    return deliveries[0]!;
  };

  /** Says something, and does the delivery of it. */
  async function deliver(change: Partial<WebhookSettings> = {}, handBack = new AbortController().signal) {
    await own.say(own.world.room.id, 'Tea, at four.');
    return await attempt(change, handBack);
  }
  async function attempt(change: Partial<WebhookSettings> = {}, handBack = new AbortController().signal) {
    await own.deps.db.$executeRaw`update jobs set available_at = now() where kind = 'webhook' and state = 'queued'`;
    const runner = own.runner();
    const claim = await webhookJobs.sweep(own.deps, runner.claimant);
    if (!claim) throw new Error('nothing to deliver');
    return await runWebhook({ ...runner, webhooks: { ...runner.webhooks, ...change } }, claim, handBack);
  }

  test('is signed so that a verifier of Standard Webhooks takes it, and for a day with the secret before too', async () => {
    const hook = await make();
    expect(await deliver()).toBe('complete');
    const [first] = got;
    const headers = first!.headers as Record<string, string>;
    expect(new Webhook(hook.secret).verify(first!.body, headers)).toMatchObject({
      type: 'message.created',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown,
      data: { message: { roomId: own.world.room.id, content: 'Tea, at four.', author: { handle: 'tess' } } },
    });
    expect(() => new Webhook(hook.secret).verify(`${first!.body} `, headers)).toThrow(/signature/i);
    expect(headers['webhook-id']).toBe((await last(hook.id)).id);
    expect(headers['host']).toBe(new URL(url).host);
    const of = { webhookId: hook.id, operation: 'webhooks.rotate' } as const;
    const { secret } = await runOfWebhook(rooms(), own.world.owner.actor, of, (webhook) => rotateWebhook(own.deps, webhook));
    await deliver();
    for (const each of [secret, hook.secret]) {
      expect(new Webhook(each).verify(got[1]!.body, got[1]!.headers as Record<string, string>)).toMatchObject({ type: 'message.created' });
    }
    expect(await last(hook.id)).toMatchObject({ status: 'delivered', attempts: 1, last: { status: 200, error: null, answer: 'thanks' } });
    expect(own.logged).toEqual([]);
  });

  test('to a host that is sent enough at once waits, counts as no try, and goes out once there is a place', async () => {
    const hook = await make();
    const hosts = new HostPlaces(1);
    const leave = hosts.take('127.0.0.1')!;
    expect(hosts.take('127.0.0.1')).toBeNull();
    expect(await deliver({ hosts })).toBe('requeued');
    expect(got).toEqual([]);
    expect(await last(hook.id)).toMatchObject({ status: 'waiting', attempts: 0 });
    leave();
    expect(await attempt({ hosts })).toBe('complete');
    expect(await last(hook.id)).toMatchObject({ status: 'delivered', attempts: 1 });
    // Also a delivery that fails gives its place back.
    answer = (_request, response) => void response.socket!.destroy();
    expect(await deliver({ hosts })).toBe('requeued');
    expect(hosts.take('127.0.0.1')).not.toBeNull();
  });

  test('that is not taken is tried again under its id, and parks the webhook once its time is over', async () => {
    const hook = await make();
    answer = (_request, response) => void response.writeHead(500).end('boom');
    expect(await deliver()).toBe('requeued');
    expect(await attempt()).toBe('requeued');
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await last(hook.id)).toMatchObject({ status: 'waiting', attempts: 2, last: { status: 500, error: 'The answer was HTTP 500.' } });
    await own.deps.db.$executeRaw`update webhook_deliveries set first_tried_at = now() - interval '1 day'`;
    expect(await attempt()).toBe('failed');
    expect(await last(hook.id)).toMatchObject({ status: 'parked', attempts: 3 });
    expect((await loadWebhook(own.deps, hook.id)).status).toBe('parked');
  });

  test('to a receiver that is gone for good is given up at once', async () => {
    const hook = await make();
    answer = (_request, response) => void response.writeHead(410).end();
    expect(await deliver()).toBe('failed');
    expect((await loadWebhook(own.deps, hook.id)).status).toBe('parked');
  });

  test('follows no redirect', async () => {
    const elsewhere: unknown[] = [];
    const other = await listen((request, response) => void response.end(String(elsewhere.push(request.url))));
    const hook = await make();
    answer = (_request, response) => void response.writeHead(307, { location: other }).end();
    expect(await deliver()).toBe('requeued');
    expect((await last(hook.id)).last).toMatchObject({
      status: 307,
      error: 'The answer was a redirect (HTTP 307), which is not followed.',
    });
    expect(elsewhere).toEqual([]);
  });

  test('reads no more of an answer than it keeps for', async () => {
    const hook = await make();
    let ended = false;
    answer = (_request, response) => {
      response.once('close', () => {
        ended = true;
      });
      const pour = (): void => {
        while (!response.destroyed && response.write('🏳️‍🌈'.repeat(1_000)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    };
    expect(await deliver()).toBe('complete');
    await expect.poll(() => ended).toBe(true);
    const kept = (await last(hook.id)).last!.answer;
    expect(kept.length).toBeLessThanOrEqual(maxKeptAnswer);
    expect(kept).toBe('🏳️‍🌈'.repeat(kept.length / '🏳️‍🌈'.length));
  });

  test('ends in time where the receiver hangs before its answer, or in it', async () => {
    const hook = await make();
    answer = () => {};
    expect(await deliver({ answerMs: 100 })).toBe('requeued');
    expect((await last(hook.id)).last).toMatchObject({ status: null, error: 'There was no answer within 0.1 seconds.' });
    answer = (_request, response) => void response.writeHead(200).write('I am just');
    expect(await attempt({ answerMs: 100 })).toBe('requeued');
    expect((await last(hook.id)).last).toMatchObject({ error: 'There was no answer within 0.1 seconds.' });
  });

  test('counts as its status says where the rest of the answer breaks off', async () => {
    const hook = await make();
    const cut = (status: number) => (_request: Got, response: ServerResponse) =>
      void response.writeHead(status, { 'content-length': '100' }).write('ok', () => response.destroy());
    answer = cut(503);
    expect(await deliver()).toBe('requeued');
    answer = cut(200);
    expect(await attempt()).toBe('complete');
    expect(await last(hook.id)).toMatchObject({ status: 'delivered', attempts: 2, last: { status: 200, error: null, answer: 'ok' } });
  });

  test('ends where the receiver would speak another protocol, of which Node tells nothing', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\nmilk or lemon?'),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const hook = await make(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(await deliver()).toBe('requeued');
    expect((await last(hook.id)).last).toMatchObject({ status: null, error: 'The connection failed: it broke off.' });
    await new Promise((resolve) => server.close(resolve));
  });

  test('goes to the address that was looked at, whatever the name leads to the next time', async () => {
    const { port } = new URL(url);
    let asked = 0;
    const resolve = () => Promise.resolve([{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2' }]);
    const hook = await make(`http://receiver.test:${port}/in`);
    expect(await deliver({ resolve })).toBe('complete');
    expect([asked, got[0]!.headers.host]).toEqual([1, `receiver.test:${port}`]);
    expect((await last(hook.id)).status).toBe('delivered');
  });

  test('calls no private address that is not allowed, also where only one of a name’s is', async () => {
    const hook = await make(`http://receiver.test:${new URL(url).port}/in`);
    const none = new AllowedAddresses([]);
    const tries = ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fe80::1', '0.0.0.0'];
    await own.say(own.world.room.id, 'Tea.');
    for (const address of tries) {
      const resolve = () => Promise.resolve([{ address: '8.8.8.8' }, { address }]);
      expect([address, await attempt({ allowed: none, resolve })]).toEqual([address, 'requeued']);
      expect((await last(hook.id)).last).toMatchObject({ status: null, error: expect.stringContaining('private network') as unknown });
    }
    expect(got).toEqual([]);
    const resolve = () => Promise.resolve([{ address: '127.0.0.1' }]);
    expect(await attempt({ allowed: new AllowedAddresses(['receiver.test']), resolve })).toBe('complete');
  });

  test('is handed back by a worker that must stop, and goes out again under its id', async () => {
    await make();
    const stopping = new AbortController();
    answer = () => stopping.abort();
    expect(await deliver({}, stopping.signal)).toBe('handed_back');
    answer = (_request, response) => void response.end();
    expect(await attempt()).toBe('complete');
    expect(got[1]!.headers['webhook-id']).toBe(got[0]!.headers['webhook-id']);
  });

  test('to an address where nobody listens says so', async () => {
    const gone = await listen(() => {});
    for (const close of closing.splice(1)) await close();
    const hook = await make(gone);
    expect(await deliver()).toBe('requeued');
    expect((await last(hook.id)).last).toMatchObject({ status: null, error: 'The connection failed: ECONNREFUSED.' });
  });
});
