import { AppError, doorsGetOutput, doorsOwnOutput, doorsSetRulesInput, okOutput } from '@parley/contracts';
import { listDoors, ownDoors, setGroupRules } from '@parley/core/accounts/group-rules';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const doorsRouter = router({
  own: procedure('doors.own')
    .output(declared(doorsOwnOutput))
    .query(({ ctx: { services, actor } }) => ownDoors(services.core, actor, services.providers.all)),

  get: procedure('doors.get')
    .output(declared(doorsGetOutput))
    .query(async ({ ctx: { services } }) => {
      const configured = services.providers.all.map(({ scimToken, ...each }) => ({ ...each, scim: scimToken !== undefined }));
      return { local: services.env.LOCAL_LOGIN, providers: await listDoors(services.core, configured) };
    }),

  setRules: procedure('doors.setRules', doorsSetRulesInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      const { core, providers } = services;
      // Rules of one that is set up no more can be taken away.
      if (!providers.get(input.provider) && input.rules.length > 0)
        throw new AppError('NOT_FOUND', 'There is no such provider of identities.', { field: 'provider' });
      await setGroupRules(core, actor, { ...input, adminGroups: providers.adminGroups });
      return { ok: true as const };
    }),
});
