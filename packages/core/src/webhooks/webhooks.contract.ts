import { channels, maxHeardWebhooks, maxKeptDeliveries, maxWaitingDeliveries, type WebhookEventName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBot, removeBot } from '../accounts/bots.js';
import { disableAccount } from '../accounts/disable-account.js';
import { exportAccount } from '../export/export-account.js';
import { createKey } from '../keys/create-key.js';
import { readKey } from '../keys/key-text.js';
import { loadKeyActor } from '../keys/load-key-actor.js';
import { addMember } from '../members/add-member.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { deleteMessage } from '../messages/delete-message.js';
import { editMessage } from '../messages/edit-message.js';
import { authorize, send, sendIn } from '../messages/testing-messages.js';
import { replyJobs } from '../replies/reply-sink.js';
import { claimed, complete, worker } from '../replies/testing-replies.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { openChatSession } from '../rooms/open-chat-session.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { runOfWebhook } from './authorized-webhook.js';
import { removeWebhook, rotateWebhook, updateWebhook, type WebhookChange } from './change-webhook.js';
import { createWebhook, createWebhookForBot } from './create-webhook.js';
import { listDeliveries, resendDelivery } from './deliveries.js';
import { layLanes } from './lanes.js';
import { listWebhooks, loadWebhook } from './list-webhooks.js';
import { sweepWebhooks } from './sweep-webhooks.js';
import { noteAttempt, webhookJobs, type ClaimedDelivery, type DeliveryAttempt } from './webhook-sink.js';

const taken: DeliveryAttempt = { durationMs: 12, status: 200, error: null, answer: 'ok' };
const refused: DeliveryAttempt = { durationMs: 12, status: 500, error: 'The answer was HTTP 500.', answer: 'no' };
const everyEvent: WebhookEventName[] = [
  'message.created',
  'message.updated',
  'message.deleted',
  'reply.finished',
  'member.joined',
  'member.left',
  'mention',
];

export function webhooksSuite(kind: 'pglite' | 'postgres'): void {
  describe(`webhooks (${kind})`, () => {
    let world: TestWorld;
    beforeEach(async () => {
      world = await createTestWorld(kind);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const make = (events: readonly WebhookEventName[] = everyEvent, by = world.owner) =>
      world.access.run(by.actor, world.room.id, 'webhooks.create', (room) =>
        createWebhook(world.deps, room, { url: 'https://example.com/in', events }),
      );
    const of = (webhookId: string, by = world.owner) => ({
      update: (change: WebhookChange) =>
        runOfWebhook({ ...world.deps, rooms: world.access }, by.actor, { webhookId, operation: 'webhooks.update' }, (webhook) =>
          updateWebhook(world.deps, webhook, change),
        ),
      rotate: () =>
        runOfWebhook({ ...world.deps, rooms: world.access }, by.actor, { webhookId, operation: 'webhooks.rotate' }, (webhook) =>
          rotateWebhook(world.deps, webhook),
        ),
      remove: () =>
        runOfWebhook({ ...world.deps, rooms: world.access }, by.actor, { webhookId, operation: 'webhooks.remove' }, (webhook) =>
          removeWebhook(world.deps, webhook),
        ),
      deliveries: () =>
        runOfWebhook({ ...world.deps, rooms: world.access }, by.actor, { webhookId, operation: 'webhooks.deliveries' }, (webhook) =>
          listDeliveries(world.deps, webhook),
        ),
      resend: (deliveryId: string) =>
        runOfWebhook({ ...world.deps, rooms: world.access }, by.actor, { webhookId, operation: 'webhooks.resend' }, (webhook) =>
          resendDelivery(world.deps, webhook, deliveryId),
        ),
    });
    const claim = () => webhookJobs.sweep(world.deps, worker);
    const end = (job: ClaimedDelivery, attempt = taken, state: 'delivered' | 'parked' = 'delivered') =>
      webhookJobs.end(world.deps, job, { usage: null, state, attempt });
    const textOf = ({ body }: ClaimedDelivery) => (body.data as { message: { content: string } }).message.content;

    /** Takes all deliveries that can be had, one after the other. */
    async function drain(): Promise<ClaimedDelivery[]> {
      const jobs: ClaimedDelivery[] = [];
      for (let job = await claim(); job; job = await claim()) {
        jobs.push(job);
        expect(await end(job)).toBe(true);
      }
      return jobs;
    }

    async function withBot(username = 'helper') {
      const person = await world.register(`owner-of-${username}`);
      const bot = await createBot(world.deps, person.actor, { username });
      const { key } = await createKey(world.deps, person.actor, {
        name: 'run',
        scopes: ['rooms:read', 'rooms:write', 'messages:write'],
        bot: username,
      });
      return { person, bot, acting: await loadKeyActor(world.deps, readKey(key)!) };
    }

    it('hear of each event that they asked for, once and in order, by the statement that caused it', async () => {
      const hook = await make();
      world.bus.clear();
      const ann = await world.registerMember('ann');
      const { message } = await send(world, ann, 'hello @tess');
      expect(world.bus.enqueued.filter((entry) => entry.startsWith('webhook:'))).toHaveLength(1);
      await world.access.runOfMessage(ann.actor, message.id, 'messages.edit', (m) => editMessage(world.deps, m, { content: 'hello all' }));
      const reply = await claimed(world, ann);
      await replyJobs.end(world.deps, reply, complete);
      await world.access.runOfMessage(ann.actor, message.id, 'messages.delete', (m) => deleteMessage(world.deps, m));
      await world.access.run(ann.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      expect((await loadWebhook(world.deps, hook.id)).waiting).toBe(8);
      const got = await drain();
      expect(got.map(({ body }) => body.type)).toEqual([
        'member.joined',
        'message.created',
        'mention',
        'message.updated',
        // The call.
        'message.created',
        'reply.finished',
        'message.deleted',
        'member.left',
      ]);
      expect(new Set(got.map(({ deliveryId }) => deliveryId)).size).toBe(8);
      expect(got[0]!.body.data).toMatchObject({ roomId: world.room.id, member: { user: { username: 'ann' } } });
      expect(got[5]!.body.data).toMatchObject({ message: { id: reply.id, status: 'complete', content: complete.content } });
      // What was deleted meanwhile goes out to nobody: a delivery holds no text of its own.
      expect(JSON.stringify(got)).not.toContain('hello');
      expect((await loadWebhook(world.deps, hook.id)).waiting).toBe(0);
      expect(await of(hook.id).deliveries()).toHaveLength(8);
    });

    it('are numbered without gaps by those who send at once, and a room without any has none', async () => {
      const other = await world.registerMember('ann');
      await send(world, other, 'before anybody listens');
      const hook = await make(['message.created']);
      // Both relied on that nobody listens.
      await Promise.all([world.owner, other].flatMap((by) => [1, 2, 3, 4].map((n) => send(world, by, `${by.user.username} ${n}`))));
      const got = await drain();
      const seqs = got.map(({ body }) => (body.data as { message: { seq: number } }).message.seq);
      expect(seqs).toHaveLength(8);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      await of(hook.id).remove();
      await send(world, other, 'after');
      expect(await claim()).toBeNull();
      const counter = await world.deps.db.roomCounter.findUniqueOrThrow({ where: { roomId: world.room.id } });
      expect(counter.hooked).toBe(false);
    });

    it('a write that relied on a room without webhooks matches nothing once one listens', async () => {
      const room = await authorize(world, world.owner);
      await make(['message.created']);
      await expect(sendIn(world.deps, { ...room, fresh: true }, { content: 'too late' })).rejects.toMatchObject({
        name: 'StaleMembershipError',
      });
      await send(world, world.owner, 'again');
      expect((await drain()).map(textOf)).toEqual(['again']);
    });

    it('one that hangs holds up no other, and its own events wait behind the first', async () => {
      const [slow, quick] = [await make(['message.created']), await make(['message.created'])];
      for (const text of ['one', 'two']) await send(world, world.owner, text);
      const first = [(await claim())!, (await claim())!];
      expect(await claim()).toBeNull();
      const [hanging, going] = first[0]!.hookId === slow.id ? first : first.toReversed();
      await end(going!);
      const next = (await claim())!;
      expect([next.hookId, textOf(next)]).toEqual([quick.id, 'two']);
      await end(next);
      await noteAttempt(world.deps, hanging!, refused);
      expect(await webhookJobs.retry(world.deps, hanging!, 60_000)).toBe('requeued');
      expect(await claim()).toBeNull();
      const [, waiting] = await of(slow.id).deliveries();
      expect(waiting).toMatchObject({
        status: 'waiting',
        attempts: 1,
        last: { status: 500, error: 'The answer was HTTP 500.', answer: 'no' },
      });
      await world.deps.db.$executeRaw`update jobs set available_at = now() where id = ${hanging!.id}::uuid`;
      const again = (await claim())!;
      expect([again.deliveryId, again.attempt, again.triedForMs > 0]).toEqual([hanging!.deliveryId, 2, true]);
      // The attempt before is over: its late end writes nothing.
      expect(await end(hanging!)).toBeNull();
      await end(again);
      expect((await drain()).map(textOf)).toEqual(['two']);
    });

    it('what was given up parks the webhook, tells whoever made it, and the rest goes out once it is switched on', async () => {
      const hook = await make(['message.created']);
      for (const text of ['one', 'two']) await send(world, world.owner, text);
      world.bus.clear();
      await end((await claim())!, refused, 'parked');
      expect(await claim()).toBeNull();
      const parked = await loadWebhook(world.deps, hook.id);
      expect(parked).toMatchObject({ status: 'parked', waiting: 1 });
      expect(parked.parkedAt).not.toBeNull();
      const [told] = world.bus.on(channels.user(world.owner.user.id));
      expect(told).toMatchObject({ type: 'inbox', event: { type: 'privateReply', reply: { roomId: world.room.id, status: 'complete' } } });
      expect(JSON.stringify(told)).toContain('example.com was switched off: The answer was HTTP 500.');
      await send(world, world.owner, 'unheard');
      const [, given] = await of(hook.id).deliveries();
      expect(given).toMatchObject({ status: 'parked', attempts: 1 });
      await expect(of(hook.id).resend(given!.id)).rejects.toMatchObject({ code: 'HOOK_NOT_ACTIVE' });
      expect(await of(hook.id).update({ active: true })).toMatchObject({ status: 'active', parkedAt: null });
      expect((await drain()).map(textOf)).toEqual(['two']);
      expect(await of(hook.id).resend(given!.id)).toMatchObject({ id: given!.id, status: 'waiting' });
      const sentAgain = await drain();
      expect(sentAgain.map((job) => [job.deliveryId, textOf(job)])).toEqual([[given!.id, 'one']]);
      expect((await of(hook.id).deliveries()).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
      await send(world, world.owner, 'three');
      expect((await drain()).map(textOf)).toEqual(['three']);
    });

    it('one that is switched off hears nothing, and what waited waits', async () => {
      const hook = await make(['message.created']);
      await send(world, world.owner, 'one');
      expect(await of(hook.id).update({ active: false, name: 'Mine', events: ['message.created', 'mention'] })).toMatchObject({
        status: 'off',
        name: 'Mine',
        events: ['message.created', 'mention'],
      });
      await send(world, world.owner, 'two');
      expect(await claim()).toBeNull();
      await of(hook.id).update({ active: true });
      await send(world, world.owner, 'three');
      expect((await drain()).map(textOf)).toEqual(['one', 'three']);
    });

    it('switching off and on again and again makes no crowd of jobs for what waits', async () => {
      const hook = await make(['message.created']);
      await send(world, world.owner, 'one');
      const job = (await claim())!;
      await webhookJobs.retry(world.deps, job, 3_600_000);
      for (let times = 0; times < 5; times++) {
        await of(hook.id).update({ active: false });
        await of(hook.id).update({ active: true });
      }
      expect(await world.deps.db.job.count({ where: { kind: 'webhook', state: { not: 'done' } } })).toBe(2);
      expect((await drain()).map(textOf)).toEqual(['one']);
      await send(world, world.owner, 'two');
      expect((await drain()).map(textOf)).toEqual(['two']);
    });

    it('a new secret signs beside the one before for a day, and no list shows either', async () => {
      const hook = await make(['message.created']);
      expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      await send(world, world.owner, 'one');
      const rotated = await of(hook.id).rotate();
      expect(rotated.oldSecretUntil).not.toBeNull();
      expect((await drain())[0]!.secrets).toEqual([rotated.secret, hook.secret]);
      await world.deps.db.$executeRaw`update webhooks set old_secret_until = now()`;
      await send(world, world.owner, 'two');
      expect((await drain())[0]!.secrets).toEqual([rotated.secret]);
      const shown = await world.access.run(world.owner.actor, world.room.id, 'webhooks.list', (room) => listWebhooks(world.deps, room));
      expect(shown).toMatchObject([{ id: hook.id, status: 'active', madeBy: { username: 'tess' }, oldSecretUntil: null }]);
      expect(JSON.stringify(shown)).not.toContain('whsec_');
    });

    it('stop with whoever made them and with their room, and drop what waits', async () => {
      const ann = await world.registerMember('ann');
      await world.deps.db
        .$executeRaw`update room_members set role = 'moderator' where user_id = ${ann.user.id}::uuid and room_id = ${world.room.id}::uuid`;
      const hook = await make(['message.created'], ann);
      const status = async () => (await loadWebhook(world.deps, hook.id)).status;
      await send(world, world.owner, 'one');
      await world.access.run(ann.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      expect(await status()).toBe('stopped');
      expect(await claim()).toBeNull();
      expect(await of(hook.id).deliveries()).toMatchObject([{ status: 'dropped', attempts: 0, last: null }]);
      await world.access.run(ann.actor, world.room.id, 'rooms.join', (room) => joinRoom(world.deps, room));
      expect(await status()).toBe('active');
      await send(world, world.owner, 'two');
      expect((await drain()).map(textOf)).toEqual(['two']);
      await world.access.run(world.owner.actor, world.room.id, 'rooms.archive', (room) => archiveRoom(world.deps, room, true));
      expect(await status()).toBe('stopped');
      await world.access.run(world.owner.actor, world.room.id, 'rooms.archive', (room) => archiveRoom(world.deps, room, false));
      await disableAccount(world.deps, world.owner.actor, { username: 'ann' });
      expect(await status()).toBe('stopped');
    });

    it('of a bot hear of all its rooms, those that it comes into later too, and of mentions of it alone', async () => {
      const { person, bot, acting } = await withBot();
      const join = () => world.access.run(acting, world.room.id, 'rooms.join', (room) => joinRoom(world.deps, room));
      const hook = await createWebhookForBot(world.deps, person.actor, {
        username: 'helper',
        url: 'http://example.com:8080/x',
        events: ['mention', 'message.created'],
      });
      expect(hook).toMatchObject({ roomId: null, bot: 'helper', name: 'example.com:8080', status: 'active' });
      await send(world, world.owner, 'before');
      await join();
      await send(world, world.owner, '@tess and others');
      await send(world, world.owner, '@helper, do');
      expect((await drain()).map((job) => [job.body.type, textOf(job)])).toEqual([
        ['message.created', '@tess and others'],
        ['message.created', '@helper, do'],
        ['mention', '@helper, do'],
      ]);
      const direct = await openDirectRoom(world.deps, world.owner.actor, { username: 'helper' });
      await send(world, world.owner, 'just us', {}, direct.id);
      expect((await drain()).map(textOf)).toEqual(['just us']);
      await expect(of(hook.id).deliveries()).rejects.toMatchObject({ code: 'HOOK_NOT_FOUND' });
      await world.access.run(acting, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await send(world, world.owner, 'gone');
      expect(await drain()).toEqual([]);
      await removeBot({ ...world.deps, rooms: world.access }, person.actor, 'helper');
      expect((await world.deps.db.user.findUniqueOrThrow({ where: { id: bot.user.id } })).ownerId).toBeNull();
      expect(await world.deps.db.webhook.count({ where: { botId: bot.user.id } })).toBe(0);
    });

    it('hear of a room up to a number, its own first, so that many bots make no crowd of each message', async () => {
      const { bot, acting } = await withBot();
      await world.access.run(acting, world.room.id, 'rooms.join', (room) => joinRoom(world.deps, room));
      // More than a bot may have: as if of many bots.
      const others = Array.from({ length: maxHeardWebhooks }, () => ({
        id: uuidv7(),
        name: 'x',
        url: 'http://example.com/',
        events: ['message.created'],
        secret: 'whsec_AA==',
      }));
      await world.deps.db.webhook.createMany({ data: others.map((each) => ({ ...each, botId: bot.user.id, madeBy: acting.userId })) });
      await layLanes(world.deps, null);
      await make();
      await send(world, world.owner, 'hello');
      const heard = await world.deps.db.webhookDelivery.findMany({ select: { hookId: true } });
      expect(heard).toHaveLength(maxHeardWebhooks);
      expect(heard.map(({ hookId }) => hookId)).not.toContain(others.at(-1)!.id);
    });

    it('of a bot hear that it came into a room, the first time and when it comes back, each by the join itself', async () => {
      const { person, acting } = await withBot();
      const hooks = await Promise.all(
        [['member.joined', 'message.created'] as const, ['message.created'] as const].map((events) =>
          createWebhookForBot(world.deps, person.actor, { username: 'helper', url: 'https://example.com/bot', events: [...events] }),
        ),
      );
      const join = () => world.access.run(acting, world.room.id, 'rooms.join', (room) => joinRoom(world.deps, room));
      const leave = () => world.access.run(acting, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      const got = async () => {
        const jobs = await drain();
        return hooks.map(({ id }) => jobs.filter(({ hookId }) => hookId === id).map(({ body }) => body.type));
      };
      world.bus.clear();
      await join();
      expect(world.bus.enqueued.filter((entry) => entry.startsWith('webhook:'))).toHaveLength(1);
      await send(world, world.owner, 'hello');
      expect(await got()).toEqual([['member.joined', 'message.created'], ['message.created']]);
      await leave();
      await world.registerMember('ann');
      expect(await got()).toEqual([[], []]);
      await join();
      const [again, ...others] = await drain();
      expect(again!.body).toMatchObject({
        type: 'member.joined',
        data: { roomId: world.room.id, member: { user: { username: 'helper' } } },
      });
      expect(others).toEqual([]);
      expect(await Promise.all(hooks.map(async ({ id }) => (await loadWebhook(world.deps, id)).waiting))).toEqual([0, 0]);
    });

    it('of a bot hear of a room that the bot makes, or that is made with it, from its first message on', async () => {
      const { person, acting } = await withBot();
      await createWebhookForBot(world.deps, person.actor, {
        username: 'helper',
        url: 'https://example.com/bot',
        events: ['message.created'],
      });
      const bot = { ...person, actor: acting };
      const room = await createRoom(world.deps, acting, { name: 'Its own', topic: '', visibility: 'private' });
      await send(world, bot, 'of its own', {}, room.id);
      const session = await openChatSession(world.deps, acting, { sessionId: 'talk', firstMessage: 'hi' });
      await send(world, bot, 'to a character', {}, session.roomId);
      const direct = await openDirectRoom(world.deps, acting, { username: world.owner.actor.username });
      await send(world, world.owner, 'to the bot', {}, direct.id);
      expect((await drain()).map(textOf)).toEqual(['of its own', 'to a character', 'to the bot']);
    });

    it('are for moderators of the room, and those of a bot for its owner', async () => {
      const hook = await make();
      const [member, stranger] = [await world.registerMember('ann'), await world.register('bob')];
      await expect(of(hook.id, member).remove()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(of(hook.id, stranger).remove()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await world.deps.db.$executeRaw`update rooms set visibility = 'private' where id = ${world.room.id}::uuid`;
      await expect(of(hook.id, stranger).remove()).rejects.toMatchObject({ code: 'HOOK_NOT_FOUND' });
      const { person } = await withBot();
      const ofBot = await createWebhookForBot(world.deps, person.actor, { username: 'helper', url: hook.url, events: ['mention'] });
      await expect(of(ofBot.id).rotate()).rejects.toMatchObject({ code: 'HOOK_NOT_FOUND' });
      await expect(
        createWebhookForBot(world.deps, world.owner.actor, { username: 'helper', url: hook.url, events: ['mention'] }),
      ).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      const key: TestUser = { ...person, actor: { ...person.actor, key: { scopes: ['hooks:write'], roomIds: [world.room.id] } } };
      await expect(of(ofBot.id, key).remove()).rejects.toMatchObject({ code: 'HOOK_NOT_FOUND' });
    });

    it('a worker that dies in mid-delivery leaves it to the next, under the same id; a full lane takes no more', async () => {
      const hook = await make(['message.created']);
      await send(world, world.owner, 'one');
      const dead = (await webhookJobs.sweep(world.deps, { id: 'dying', leaseMs: -1 }))!;
      const next = (await claim())!;
      expect([next.deliveryId, next.attempt]).toEqual([dead.deliveryId, 2]);
      await world.deps.db.$executeRaw(Prisma.sql`update webhook_lanes set queued = sent + ${maxWaitingDeliveries}::int`);
      await send(world, world.owner, 'one too many');
      expect(await of(hook.id).deliveries()).toHaveLength(1);
    });

    it('the sweep keeps the last deliveries and what waits, and mends a lane that has no job', async () => {
      const hook = await make(['message.created']);
      await send(world, world.owner, 'one');
      await drain();
      await world.deps.db.$executeRaw(Prisma.sql`
        insert into webhook_deliveries (id, hook_id, room_id, n, event, subject_id, state, created_at)
        select gen_random_uuid(), d.hook_id, d.room_id, -back, d.event, d.subject_id, case when back = 80 then 'waiting' else 'delivered' end, now() - back * interval '1 minute'
        from webhook_deliveries d cross join generate_series(1, 80) back`);
      await world.deps.db.$executeRaw(Prisma.sql`
        insert into webhook_deliveries (id, hook_id, room_id, n, event, subject_id)
        select gen_random_uuid(), gen_random_uuid(), d.room_id, 1, d.event, d.subject_id from webhook_deliveries d where d.n = 1`);
      expect(await sweepWebhooks(world.deps, null)).toEqual({ deleted: 30, next: null });
      expect(await world.deps.db.webhookDelivery.count()).toBe(maxKeptDeliveries + 1);
      await send(world, world.owner, 'two');
      await world.deps.db.$executeRaw`delete from jobs where kind = 'webhook' and state = 'queued'`;
      expect(await claim()).toBeNull();
      await sweepWebhooks(world.deps, null);
      expect((await drain()).map(textOf)).toEqual(['two']);
      expect(await sweepWebhooks(world.deps, hook.id)).toEqual({ deleted: 0, next: null });
    });

    it('the account’s file names what it made, without secrets', async () => {
      const hook = await make(['message.created']);
      let file = '';
      for await (const lines of exportAccount(world.deps, world.owner.actor)) file += lines;
      expect(file).toContain(`"type":"webhook","webhook":{"id":"${hook.id}"`);
      expect(file).not.toContain('whsec_');
    });

    it('somebody who is added is told of like one who joins', async () => {
      await make(['member.joined']);
      await world.register('ann');
      await world.access.run(world.owner.actor, world.room.id, 'rooms.addMember', (room) => addMember(world.deps, room, 'ann'));
      expect((await drain()).map(({ body }) => body.data)).toMatchObject([{ member: { user: { username: 'ann' }, role: 'member' } }]);
    });
  });
}
