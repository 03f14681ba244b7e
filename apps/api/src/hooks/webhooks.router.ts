import {
  AppError,
  botInput,
  deliveryViewSchema,
  maxHooks,
  maxKeptDeliveries,
  okOutput,
  roomIdInput,
  webhookIdInput,
  webhooksCreateForBotInput,
  webhooksCreateInput,
  webhooksResendInput,
  webhooksSecretOutput,
  webhooksUpdateInput,
  webhookViewSchema,
} from '@parley/contracts';
import { runOfWebhook } from '@parley/core/webhooks/authorized-webhook';
import { removeWebhook, rotateWebhook, updateWebhook } from '@parley/core/webhooks/change-webhook';
import { createWebhook, createWebhookForBot } from '@parley/core/webhooks/create-webhook';
import { listDeliveries, resendDelivery } from '@parley/core/webhooks/deliveries';
import { listBotWebhooks, listWebhooks } from '@parley/core/webhooks/list-webhooks';
import { findWebhookTarget } from '@parley/core/webhooks/webhook-target';
import type { Actor } from '@parley/core/sessions/actor';
import { declared } from '../answers/declared.js';
import { FairQueue } from '../operations/fair-queue.js';
import type { ApiServices } from '../services.js';
import { procedure, router } from '../trpc.js';

const list = declared(webhookViewSchema.array().max(maxHooks));

export const webhooksRouter = router({
  list: procedure('webhooks.list', roomIdInput)
    .output(list)
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'webhooks.list', (room) => listWebhooks(ctx.services.core, room)),
    ),

  listForBot: procedure('webhooks.listForBot', botInput)
    .output(list)
    .query(({ ctx, input }) => listBotWebhooks(ctx.services.core, ctx.actor, input.username)),

  create: procedure('webhooks.create', webhooksCreateInput)
    .output(declared(webhooksSecretOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      const { roomId } = input;
      // Who may not is told that, and no name is looked up for them.
      await inTurn(services, actor, () => services.rooms.run(actor, roomId, 'webhooks.create', async () => {}));
      await ensureCallable(services, actor, input.url);
      return inTurn(services, actor, () =>
        services.rooms.run(actor, roomId, 'webhooks.create', (room) => createWebhook(services.core, room, input)),
      );
    }),

  createForBot: procedure('webhooks.createForBot', webhooksCreateForBotInput)
    .output(declared(webhooksSecretOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await inTurn(services, actor, () => listBotWebhooks(services.core, actor, input.username));
      await ensureCallable(services, actor, input.url);
      return inTurn(services, actor, () => createWebhookForBot(services.core, actor, input));
    }),

  update: procedure('webhooks.update', webhooksUpdateInput)
    .output(declared(webhookViewSchema))
    .mutation(async ({ ctx: { services, actor }, input: { webhookId, ...change } }) => {
      const of = { webhookId, operation: 'webhooks.update' } as const;
      if (change.url !== undefined) {
        await inTurn(services, actor, () => runOfWebhook(depsOf(services), actor, of, async () => {}));
        await ensureCallable(services, actor, change.url);
      }
      return inTurn(services, actor, () =>
        runOfWebhook(depsOf(services), actor, of, (webhook) => updateWebhook(services.core, webhook, change)),
      );
    }),

  rotate: procedure('webhooks.rotate', webhookIdInput)
    .output(declared(webhooksSecretOutput))
    .mutation(({ ctx: { services, actor }, input: { webhookId } }) =>
      runOfWebhook(depsOf(services), actor, { webhookId, operation: 'webhooks.rotate' }, (webhook) =>
        rotateWebhook(services.core, webhook),
      ),
    ),

  remove: procedure('webhooks.remove', webhookIdInput)
    .output(declared(okOutput))
    .mutation(({ ctx: { services, actor }, input: { webhookId } }) =>
      runOfWebhook(depsOf(services), actor, { webhookId, operation: 'webhooks.remove' }, async (webhook) => {
        await removeWebhook(services.core, webhook);
        return { ok: true as const };
      }),
    ),

  deliveries: procedure('webhooks.deliveries', webhookIdInput)
    .output(declared(deliveryViewSchema.array().max(maxKeptDeliveries)))
    .query(({ ctx: { services, actor }, input: { webhookId } }) =>
      runOfWebhook(depsOf(services), actor, { webhookId, operation: 'webhooks.deliveries' }, (webhook) =>
        listDeliveries(services.core, webhook),
      ),
    ),

  resend: procedure('webhooks.resend', webhooksResendInput)
    .output(declared(deliveryViewSchema))
    .mutation(({ ctx: { services, actor }, input: { webhookId, deliveryId } }) =>
      runOfWebhook(depsOf(services), actor, { webhookId, operation: 'webhooks.resend' }, (webhook) =>
        resendDelivery(services.core, webhook, deliveryId),
      ),
    ),
});

function depsOf({ core: { db }, rooms }: ApiServices) {
  return { db, rooms };
}

/** A piece of a call that also waits for nameservers: the piece takes its caller's turn, not the whole call. */
function inTurn<T>({ calls }: Pick<ApiServices, 'calls'>, { userId }: Actor, work: () => Promise<T>): Promise<T> {
  return calls.run(work, { userId });
}

/** Addresses that are looked at: a nameserver may be slow on purpose. */
const looks = new FairQueue({ perCaller: 2, atOnce: 32, maxWaiting: 20 });

/** Says at once that an address is not called; each delivery looks again. @throws AppError VALIDATION, RATE_LIMITED */
async function ensureCallable({ webhookAddresses }: Pick<ApiServices, 'webhookAddresses'>, { userId }: Actor, url: string): Promise<void> {
  const turn = looks.enter(userId);
  try {
    await turn.begins;
    const target = await findWebhookTarget(url, webhookAddresses);
    if (target.kind === 'refused') throw new AppError('VALIDATION', `url: ${target.why}`, { field: 'url' });
  } finally {
    turn.leave();
  }
}
