import {
  keysCreateInput,
  keysCreateOutput,
  keysRevokeInput,
  keyViewSchema,
  maxBotsPerOwner,
  maxKeysPerAccount,
  okOutput,
} from '@parley/contracts';
import { createKey } from '@parley/core/keys/create-key';
import { listKeys } from '@parley/core/keys/list-keys';
import { revokeKey } from '@parley/core/keys/revoke-key';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const keysRouter = router({
  list: procedure('keys.list')
    .output(declared(keyViewSchema.array().max(maxKeysPerAccount * (1 + maxBotsPerOwner))))
    .query(({ ctx }) => listKeys(ctx.services.core, ctx.actor)),

  create: procedure('keys.create', keysCreateInput)
    .output(declared(keysCreateOutput))
    .mutation(({ ctx, input }) => createKey(ctx.services.core, ctx.actor, input)),

  revoke: procedure('keys.revoke', keysRevokeInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input: { keyId } }) => {
      await revokeKey(ctx.services.core, ctx.actor, keyId);
      ctx.services.sessions.forget(keyId);
      return { ok: true as const };
    }),
});
