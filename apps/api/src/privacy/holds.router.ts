import { holdsLiftInput, holdsListOutput, holdsPlaceInput, holdViewSchema } from '@parley/contracts';
import { liftHold, listHolds, placeHold } from '@parley/core/privacy/holds';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const holdsRouter = router({
  list: procedure('holds.list')
    .output(declared(holdsListOutput))
    .query(({ ctx }) => listHolds(ctx.services.core, ctx.actor)),

  place: procedure('holds.place', holdsPlaceInput)
    .output(declared(holdViewSchema))
    .mutation(({ ctx, input }) => placeHold(ctx.services.core, ctx.actor, input)),

  lift: procedure('holds.lift', holdsLiftInput)
    .output(declared(holdViewSchema))
    .mutation(({ ctx, input }) => liftHold(ctx.services.core, ctx.actor, input)),
});
