import { okOutput, settingsGetOutput, settingsSetInput, settingsShownOutput } from '@parley/contracts';
import { listSettings } from '@parley/core/settings/list-settings';
import { setSetting } from '@parley/core/settings/set-setting';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const settingsRouter = router({
  get: procedure('settings.get')
    .output(declared(settingsGetOutput))
    .query(({ ctx: { services } }) => listSettings({ ...services.core, settings: services.settings })),

  set: procedure('settings.set', settingsSetInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await setSetting({ ...services.core, settings: services.settings }, actor, input);
      return { ok: true as const };
    }),

  shown: procedure('settings.shown')
    .output(declared(settingsShownOutput))
    .query(({ ctx: { services } }) => ({ announcement: services.settings.get('announcement') })),
});
