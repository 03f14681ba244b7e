import { streamTicketsCreateInput, streamTicketsCreateOutput } from '@parley/contracts';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';
import { chatStream, inboxStream, roomStream, socketStream, socketTicketMs } from './stream-names.js';

export const streamTicketsRouter = router({
  create: procedure('streamTickets.create', streamTicketsCreateInput)
    .output(declared(streamTicketsCreateOutput))
    .mutation(async ({ ctx: { services, actor }, input: { roomId, sessionId, once } }) => {
      // Who may not read the room has no use for a ticket to it, and is not told that it is there.
      if (roomId !== undefined) await services.rooms.run(actor, roomId, 'rooms.events', async () => {});
      if (once) {
        const ticket = await services.tickets.issue(actor, socketStream(roomId), socketTicketMs);
        return { ticket, path: `/ws?${roomId === undefined ? '' : `roomID=${roomId}&`}token=${ticket}` };
      }
      if (sessionId !== undefined) {
        const ticket = await services.tickets.issue(actor, chatStream(sessionId));
        return { ticket, path: `/api/sse?${new URLSearchParams({ session_id: sessionId, ticket }).toString()}` };
      }
      const stream = roomId === undefined ? inboxStream : roomStream(roomId);
      const ticket = await services.tickets.issue(actor, stream);
      return { ticket, path: `/api/${stream}/events?ticket=${ticket}` };
    }),
});
