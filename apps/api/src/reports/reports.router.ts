import {
  reportsCreateInput,
  reportsCreateOutput,
  reportsListAllInput,
  reportsListInput,
  reportsListOutput,
  reportsResolveInput,
  reportViewSchema,
} from '@parley/contracts';
import { listAllReports, listReports } from '@parley/core/moderation/list-reports';
import { reportMessage } from '@parley/core/moderation/report-message';
import { resolveReport } from '@parley/core/moderation/resolve-report';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const reportsRouter = router({
  create: procedure('reports.create', reportsCreateInput)
    .output(declared(reportsCreateOutput))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'reports.create', (message) =>
        reportMessage(ctx.services.core, message, input),
      ),
    ),

  list: procedure('reports.list', reportsListInput)
    .output(declared(reportsListOutput))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'reports.list', (room) => listReports(ctx.services.core, room, input)),
    ),

  listAll: procedure('reports.listAll', reportsListAllInput)
    .output(declared(reportsListOutput))
    .query(({ ctx, input }) => listAllReports(ctx.services.core, ctx.actor, input)),

  resolve: procedure('reports.resolve', reportsResolveInput)
    .output(declared(reportViewSchema))
    .mutation(({ ctx, input }) => resolveReport({ ...ctx.services.core, rooms: ctx.services.rooms }, ctx.actor, input)),
});
