import {
  authSignedInOutput,
  okOutput,
  passkeysAddInput,
  passkeysBeginInput,
  passkeysBeginOutput,
  passkeysRemoveInput,
  passkeysRenameInput,
  passkeysRequestOutput,
  passkeysSignInInput,
  passkeyViewSchema,
} from '@parley/contracts';
import { provePerson } from '@parley/core/accounts/prove-person';
import { addPasskey, beginPasskey, removePasskey, renamePasskey } from '@parley/core/credentials/passkeys';
import { requestPasskey, signInByPasskey } from '@parley/core/credentials/sign-in-by-passkey';
import { declared } from '../answers/declared.js';
import { openProcedure, procedure, router } from '../trpc.js';
import { ensureLocalLogin } from './ensure-local-login.js';
import { handOver } from './hand-over.js';
import { passkeyPage } from './passkey-page.js';

export const passkeysRouter = router({
  request: openProcedure('passkeys.request')
    .output(declared(passkeysRequestOutput))
    .mutation(({ ctx }) => requestPasskey(ctx.services.challenges, passkeyPage(ctx))),

  signIn: openProcedure('passkeys.signIn', passkeysSignInInput)
    .output(declared(authSignedInOutput))
    .mutation(async ({ ctx, input: { proof, transport } }) => {
      ensureLocalLogin(ctx);
      const { core, tokens, challenges } = ctx.services;
      return handOver(ctx, await signInByPasskey({ ...core, tokens, challenges }, { page: passkeyPage(ctx), proof }), transport);
    }),

  begin: procedure('passkeys.begin', passkeysBeginInput)
    .output(declared(passkeysBeginOutput))
    .mutation(async ({ ctx, input }) => {
      const { core, hasher, challenges } = ctx.services;
      ensureLocalLogin(ctx);
      const page = passkeyPage(ctx);
      await provePerson({ ...core, hasher }, ctx.actor, input.password, 'password');
      return beginPasskey({ ...core, challenges }, ctx.actor, page);
    }),

  add: procedure('passkeys.add', passkeysAddInput)
    .output(declared(passkeyViewSchema))
    .mutation(({ ctx, input: { name, answer } }) => {
      const { core, challenges } = ctx.services;
      return addPasskey({ ...core, challenges }, ctx.actor, { page: passkeyPage(ctx), name, answer });
    }),

  rename: procedure('passkeys.rename', passkeysRenameInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await renamePasskey(ctx.services.core, ctx.actor, input);
      return { ok: true as const };
    }),

  remove: procedure('passkeys.remove', passkeysRemoveInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await removePasskey(ctx.services.core, ctx.actor, input.passkey);
      return { ok: true as const };
    }),
});
