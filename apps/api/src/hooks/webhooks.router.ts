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
import { declared } from '../answers/declared.js';
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
    .mutation(({ ctx: { services, actor }, input }) =>
      services.rooms.run(actor, input.roomId, 'webhooks.create', async (room) => {
        await ensureCallable(services, input.url);
        return createWebhook(services.core, room, input);
      }),
    ),

  createForBot: procedure('webhooks.createForBot', webhooksCreateForBotInput)
    .output(declared(webhooksSecretOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await ensureCallable(services, input.url);
      return createWebhookForBot(services.core, actor, input);
    }),

  update: procedure('webhooks.update', webhooksUpdateInput)
    .output(declared(webhookViewSchema))
    .mutation(({ ctx: { services, actor }, input: { webhookId, ...change } }) =>
      runOfWebhook(depsOf(services), actor, { webhookId, operation: 'webhooks.update' }, async (webhook) => {
        if (change.url !== undefined) await ensureCallable(services, change.url);
        return updateWebhook(services.core, webhook, change);
      }),
    ),

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

/** Says at once that an address is not called; each delivery looks again. @throws AppError VALIDATION */
async function ensureCallable({ webhookAddresses }: Pick<ApiServices, 'webhookAddresses'>, url: string): Promise<void> {
  const target = await findWebhookTarget(url, webhookAddresses);
  if (target.kind === 'refused') throw new AppError('VALIDATION', `url: ${target.why}`, { field: 'url' });
}
