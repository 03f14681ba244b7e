import { streamTicketsCreateInput, streamTicketsCreateOutput } from '@parley/contracts';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';
import { inboxStream, roomStream } from './stream-names.js';

export const streamTicketsRouter = router({
  create: procedure('streamTickets.create', streamTicketsCreateInput)
    .output(declared(streamTicketsCreateOutput))
    .mutation(async ({ ctx: { services, actor }, input: { roomId } }) => {
      const stream = roomId === undefined ? inboxStream : roomStream(roomId);
      const ticket = await services.tickets.issue(actor, stream);
      return { ticket, path: `/api/${stream}/events?ticket=${ticket}` };
    }),
});
