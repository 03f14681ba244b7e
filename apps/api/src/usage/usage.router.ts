import {
  budgetLimitsOf,
  okOutput,
  usageCharacterInput,
  usageInstanceInput,
  usageLimitCharacterInput,
  usageLimitPersonInput,
  usageLimitRoomInput,
  usageMeterInput,
  usageMeterOutput,
  usageMineInput,
  usagePersonInput,
  usageReportSchema,
  usageRoomInput,
} from '@parley/contracts';
import {
  loadBudgetMeter,
  loadCharacterUsage,
  loadInstanceUsage,
  loadOwnUsage,
  loadPersonUsage,
  loadRoomUsage,
} from '@parley/core/jobs/load-usage';
import { limitCharacter, limitPerson, limitRoom } from '@parley/core/jobs/set-budget';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

const ok = { ok: true } as const;

export const usageRouter = router({
  mine: procedure('usage.mine', usageMineInput)
    .output(declared(usageReportSchema))
    .query(({ ctx: { actor, services }, input: { days } }) =>
      loadOwnUsage(services.core, actor, { days, budgets: budgetLimitsOf(services.env) }),
    ),

  room: procedure('usage.room', usageRoomInput)
    .output(declared(usageReportSchema))
    .query(({ ctx: { actor, services }, input: { roomId, days } }) =>
      services.rooms.run(actor, roomId, 'usage.room', (room) =>
        loadRoomUsage(services.core, room, { days, budgets: budgetLimitsOf(services.env) }),
      ),
    ),

  instance: procedure('usage.instance', usageInstanceInput)
    .output(declared(usageReportSchema))
    .query(({ ctx: { actor, services }, input: { days } }) =>
      loadInstanceUsage(services.core, actor, { days, budgets: budgetLimitsOf(services.env) }),
    ),

  character: procedure('usage.character', usageCharacterInput)
    .output(declared(usageReportSchema))
    .query(({ ctx: { actor, services }, input }) =>
      loadCharacterUsage(services.core, actor, { ...input, budgets: budgetLimitsOf(services.env) }),
    ),

  person: procedure('usage.person', usagePersonInput)
    .output(declared(usageReportSchema))
    .query(({ ctx: { actor, services }, input }) =>
      loadPersonUsage(services.core, actor, { ...input, budgets: budgetLimitsOf(services.env) }),
    ),

  meter: procedure('usage.meter', usageMeterInput)
    .output(declared(usageMeterOutput))
    .query(({ ctx: { actor, services }, input: { roomId } }) =>
      services.rooms.run(actor, roomId, 'usage.meter', (room) =>
        loadBudgetMeter(services.core, room, { budgets: budgetLimitsOf(services.env) }),
      ),
    ),

  limitRoom: procedure('usage.limitRoom', usageLimitRoomInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { actor, services }, input: { roomId, ...limits } }) => {
      await services.rooms.run(actor, roomId, 'usage.limitRoom', (room) => limitRoom(services.core, room, limits));
      return ok;
    }),

  limitCharacter: procedure('usage.limitCharacter', usageLimitCharacterInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { actor, services }, input }) => {
      await limitCharacter(services.core, actor, input);
      return ok;
    }),

  limitPerson: procedure('usage.limitPerson', usageLimitPersonInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { actor, services }, input }) => {
      await limitPerson(services.core, actor, input);
      return ok;
    }),
});
