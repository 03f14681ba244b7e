import {
  completionEventSchema,
  maxListedCharacters,
  modelsCompleteInput,
  modelsGetInput,
  modelsListOutput,
  modelViewSchema,
} from '@parley/contracts';
import { findModel } from '@parley/core/completions/find-model';
import { listModels } from '@parley/core/completions/list-models';
import { declared, declaredEvents } from '../answers/declared.js';
import { liveSubscription } from '../realtime/sockets/live-subscription.js';
import { procedure, router } from '../trpc.js';
import { completionEvents } from './completion-events.js';
import { listedModels } from './listed-models.js';

export const modelsRouter = router({
  list: procedure('models.list')
    .output(declared(modelsListOutput))
    .query(({ ctx }) => listedModels(ctx.services)),

  characters: procedure('models.characters')
    .output(declared(modelViewSchema.array().max(maxListedCharacters)))
    .query(({ ctx }) => listModels(ctx.services.core, ctx.actor)),

  get: procedure('models.get', modelsGetInput)
    .output(declared(modelViewSchema))
    .query(async ({ ctx, input }) => {
      const { model, createdAt } = await findModel(ctx.services.core, ctx.actor, input.model);
      return { model, createdAt };
    }),

  complete: procedure('models.complete', modelsCompleteInput)
    .output(declaredEvents(completionEventSchema))
    .subscription(({ ctx, input, signal }) => {
      const { actor, services, socket } = ctx;
      const subscriber = { actor, connection: socket?.connection ?? null };
      return liveSubscription(services.live, subscriber, signal, (ends) => completionEvents(services, actor, input, ends));
    }),
});
