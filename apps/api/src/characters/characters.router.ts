import { characterIdInput, charactersCreateInput, charactersUpdateInput } from '@parley/contracts';
import { createCharacter, deleteCharacter, getCharacter, listCharacters, updateCharacter } from '@parley/core';
import { procedure, router } from '../trpc.js';

export const charactersRouter = router({
  list: procedure('characters.list').query(({ ctx }) => listCharacters(ctx.services.core, ctx.actor)),

  get: procedure('characters.get', characterIdInput).query(({ ctx, input }) =>
    getCharacter(ctx.services.core, ctx.actor, input.characterId),
  ),

  create: procedure('characters.create', charactersCreateInput).mutation(({ ctx, input }) =>
    createCharacter(ctx.services.core, ctx.actor, input),
  ),

  update: procedure('characters.update', charactersUpdateInput).mutation(({ ctx, input }) =>
    updateCharacter(ctx.services.core, ctx.actor, input),
  ),

  delete: procedure('characters.delete', characterIdInput).mutation(async ({ ctx, input }) => {
    await deleteCharacter(ctx.services.core, ctx.actor, input.characterId);
    return { ok: true as const };
  }),
});
