import { storageViewSchema } from '@parley/contracts';
import { loadStorage } from '@parley/core/privacy/load-storage';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const storageRouter = router({
  show: procedure('storage.show')
    .output(declared(storageViewSchema))
    .query(({ ctx }) => loadStorage(ctx.services.core, ctx.actor)),
});
