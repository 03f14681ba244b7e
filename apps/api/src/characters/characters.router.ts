import { characterIdInput, charactersCreateInput, charactersUpdateInput } from '@parley/contracts';
import { createCharacter, deleteCharacter, getCharacter, listCharacters, updateCharacter } from '@parley/core';
import { procedure, router } from '../trpc.js';

export const charactersRouter = router({
  list: procedure('characters.list').query(({ ctx }) => listCharacters(ctx.services.core, ctx.actor)),

  get: procedure('characters.get')
    .input(characterIdInput)
    .query(({ ctx, input }) => getCharacter(ctx.services.core, ctx.actor, input.characterId)),

  create: procedure('characters.create')
    .input(charactersCreateInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.charactersPerUser, ctx.actor.userId);
      return createCharacter(core, ctx.actor, input);
    }),

  update: procedure('characters.update')
    .input(charactersUpdateInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.charactersPerUser, ctx.actor.userId);
      return updateCharacter(core, ctx.actor, input);
    }),

  delete: procedure('characters.delete')
    .input(characterIdInput)
    .mutation(async ({ ctx, input }) => {
      await deleteCharacter(ctx.services.core, ctx.actor, input.characterId);
      return { ok: true as const };
    }),
});
