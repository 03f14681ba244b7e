import { randomUUID } from 'node:crypto';
import { AppError, callerIdSchema, chatEventSchemas, sessionIdSchema } from '@parley/contracts';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { streamCaller } from '../../../auth/stream-caller.js';
import { begun } from '../../../begun.js';
import { refuseOtherUser } from '../../../chat/refuse-other-user.js';
import { chatStream } from '../../../streams/stream-names.js';
import type { SurfaceDeps } from '../../surface.js';
import { liveSubscription } from '../../sockets/live-subscription.js';
import { lastEventId, serveStream } from '../sse/serve-stream.js';
import { chatBlock, type CheckChatEvent } from './chat-format.js';
import { readChat } from './read-chat.js';

const chatQuery = z.object({ session_id: sessionIdSchema, user_id: callerIdSchema.optional() });

/** `GET /api/sse`: the answers in one conversation. */
export function chatRoutes(deps: SurfaceDeps): FastifyPluginAsync {
  const { services } = deps;
  const { answers } = services;
  const check: CheckChatEvent | undefined =
    answers === null ? undefined : (name, data) => answers.allows(chatEventSchemas[name], data, `an event ${name} of a conversation`);
  return async (app) => {
    app.get('/api/sse', { exposeHeadRoute: false }, (request, reply) => {
      const query = chatQuery.safeParse(request.query);
      return serveStream(deps, request, reply, {
        name: 'chat.events',
        caller: () => streamCaller(services, request, chatStream(query.data?.session_id ?? ''), { byToken: true }),
        async begin(actor, to) {
          if (!query.success) throw queryError(query.error);
          const { session_id: sessionId, user_id: userId } = query.data;
          refuseOtherUser(actor, userId);
          const reading = { sessionId, connectionId: randomUUID(), lastEventId: lastEventId(request), check };
          return begun(
            liveSubscription(services.live, { actor, connection: null }, to.gone, (signal) =>
              readChat(services, actor, to, reading, signal),
            ),
          );
        },
        write: (bytes, to) => to.writeFrames(bytes()),
        heartbeat: () => chatBlock('heartbeat', { timestamp: new Date().toISOString() }),
        problem: ({ code, message }) => chatBlock('error', { message_id: null, code, message }),
      });
    });
  };
}

function queryError({ issues: [issue] }: z.ZodError): AppError {
  const field = issue!.path.join('.');
  return new AppError('VALIDATION', `${field}: ${field === 'session_id' ? 'give 1 to 128 characters' : 'it is too long'}.`, { field });
}
