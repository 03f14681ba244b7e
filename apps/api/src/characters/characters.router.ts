import {
  characterDetailsSchema,
  characterEntrySchema,
  characterIdInput,
  charactersCreateInput,
  charactersExportCardInput,
  charactersExportCardOutput,
  charactersImportCardInput,
  charactersImportCardOutput,
  charactersUpdateInput,
  maxListedCharacters,
  okOutput,
} from '@parley/contracts';
import { createCharacter } from '@parley/core/characters/create-character';
import { deleteCharacter } from '@parley/core/characters/delete-character';
import { exportCard } from '@parley/core/characters/export-card';
import { getCharacter } from '@parley/core/characters/get-character';
import { importCard } from '@parley/core/characters/import-card';
import { listCharacters } from '@parley/core/characters/list-characters';
import { updateCharacter } from '@parley/core/characters/update-character';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';
import { withAllowedModel } from './with-allowed-model.js';

export const charactersRouter = router({
  list: procedure('characters.list')
    .output(declared(characterEntrySchema.array().max(maxListedCharacters)))
    .query(({ ctx }) => listCharacters(ctx.services.core, ctx.actor)),

  get: procedure('characters.get', characterIdInput)
    .output(declared(characterDetailsSchema))
    .query(({ ctx, input }) => getCharacter(ctx.services.core, ctx.actor, input.characterId)),

  create: procedure('characters.create', charactersCreateInput)
    .output(declared(characterDetailsSchema))
    .mutation(({ ctx, input }) => createCharacter(ctx.services.core, ctx.actor, withAllowedModel(ctx.services, input))),

  importCard: procedure('characters.importCard', charactersImportCardInput)
    .output(declared(charactersImportCardOutput))
    .mutation(({ ctx, input }) => importCard(ctx.services.core, ctx.actor, input)),

  exportCard: procedure('characters.exportCard', charactersExportCardInput)
    .output(declared(charactersExportCardOutput))
    .query(({ ctx, input }) => exportCard(ctx.services.core, ctx.actor, input)),

  update: procedure('characters.update', charactersUpdateInput)
    .output(declared(characterDetailsSchema))
    .mutation(({ ctx, input }) => updateCharacter(ctx.services.core, ctx.actor, withAllowedModel(ctx.services, input))),

  delete: procedure('characters.delete', characterIdInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await deleteCharacter(ctx.services.core, ctx.actor, input.characterId);
      return { ok: true as const };
    }),
});
