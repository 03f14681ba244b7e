import { maxListedSignIns, okOutput, sessionsEndInput, sessionViewSchema } from '@parley/contracts';
import { endSession } from '@parley/core/sessions/end-session';
import { listSessions } from '@parley/core/sessions/list-sessions';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';
import { deviceName } from './device-name.js';

export const sessionsRouter = router({
  list: procedure('sessions.list')
    .output(declared(sessionViewSchema.array().max(maxListedSignIns)))
    .query(async ({ ctx: { services, actor } }) => {
      const sessions = await listSessions(services.core, actor, { maxDays: services.env.SESSION_MAX_DAYS });
      return sessions.map(({ userAgent, ...session }) => ({
        ...session,
        device: deviceName(userAgent),
        current: session.id === actor.sessionId,
      }));
    }),

  end: procedure('sessions.end', sessionsEndInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input: { sessionId } }) => {
      await endSession(services.core, actor, sessionId);
      services.sessions.forget(sessionId);
      return { ok: true as const };
    }),
});
