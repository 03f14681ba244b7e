import {
  okOutput,
  recoveryCodesOutput,
  secondStepBeginInput,
  secondStepBeginOutput,
  secondStepConfirmInput,
  secondStepRemoveInput,
  secondStepRenewCodesInput,
} from '@parley/contracts';
import { provePerson } from '@parley/core/accounts/prove-person';
import { beginSecondStep, confirmSecondStep, removeSecondStep, renewRecoveryCodes } from '@parley/core/credentials/second-step';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const secondStepRouter = router({
  begin: procedure('secondStep.begin', secondStepBeginInput)
    .output(declared(secondStepBeginOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      const { core, hasher, vault } = services;
      await provePerson({ ...core, hasher }, actor, input.password, 'password');
      return beginSecondStep({ ...core, vault }, actor);
    }),

  confirm: procedure('secondStep.confirm', secondStepConfirmInput)
    .output(declared(recoveryCodesOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => ({
      recoveryCodes: await confirmSecondStep({ ...services.core, vault: services.vault }, actor, input.code),
    })),

  remove: procedure('secondStep.remove', secondStepRemoveInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await provePerson({ ...services.core, hasher: services.hasher }, actor, input.password, 'password');
      await removeSecondStep(services.core, actor);
      return { ok: true as const };
    }),

  renewCodes: procedure('secondStep.renewCodes', secondStepRenewCodesInput)
    .output(declared(recoveryCodesOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await provePerson({ ...services.core, hasher: services.hasher }, actor, input.password, 'password');
      return { recoveryCodes: await renewRecoveryCodes(services.core, actor) };
    }),
});
