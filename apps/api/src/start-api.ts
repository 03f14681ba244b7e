import type { AddressInfo } from 'node:net';
import { AppError, builtInProvider, fixedSettings, modelList, type ModelList } from '@parley/contracts';
import { createSetUpCode } from '@parley/core/accounts/set-up-code';
import type { Registration } from '@parley/core/accounts/create-account';
import { RoomAccess } from '@parley/core/access/room-access';
import { QuietLog } from '@parley/core/quiet-log';
import { AccessTokens } from '@parley/core/sessions/access-tokens';
import { PasswordHasher } from '@parley/core/sessions/password-hasher';
import { Challenges } from '@parley/core/credentials/challenges';
import { Vault } from '@parley/core/sessions/vault';
import { StreamTickets } from '@parley/core/sessions/stream-tickets';
import { LiveSettings } from '@parley/core/settings/live-settings';
import { loadCounted } from '@parley/core/sync/load-counted';
import { loadHeads } from '@parley/core/sync/load-heads';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { loadInboxMarks } from '@parley/core/sync/load-inbox-marks';
import { isUnavailable } from '@parley/db';
import { TRPCError } from '@trpc/server';
import { AgentDesk } from './agents/agent-desk.js';
import { AnswerCheck } from './answers/answer-check.js';
import { declaredOutputs } from './answers/declared.js';
import { appRouter } from './app-router.js';
import { retentionOf } from '@parley/core/rooms/retention';
import { doorOf, inviteLink } from './auth/door.js';
import { Providers } from './auth/oidc/providers.js';
import { SessionGuard } from './auth/session-guard.js';
import type { SharedApiEnv } from './env.js';
import { surfaceFiles } from './generated/surfaces.js';
import { boundConnections } from './bound-connections.js';
import { buildHttpServer } from './http-server.js';
import { InboxHub } from './inbox/inbox-hub.js';
import { CallBrake } from './limits/call-brake.js';
import { ModerationWebhook } from './messages/moderation-webhook.js';
import { limitRules } from './limits/limit-rules.js';
import { DatabaseCalls } from './operations/database-calls.js';
import { partChecks } from './operations/health.js';
import { Metrics } from './operations/metrics.js';
import { PartLog } from './operations/part-log.js';
import { tracedHub } from './operations/traced-hub.js';
import { RefusalLog } from './operations/refusal-log.js';
import { PartsWatch } from './operations/parts-watch.js';
import { LiveSockets } from './realtime/sockets/live-sockets.js';
import { EphemeralIds } from './realtime/room/out-event.js';
import { ChatReaders } from './realtime/surfaces/chat/chat-readers.js';
import { ChunkBuffers } from './realtime/room/chunk-buffers.js';
import { busRoomWire } from './realtime/room/bus-room-wire.js';
import { coreRoomSource } from './realtime/room/core-room-source.js';
import { PresenceFeed } from './realtime/room/presence-feed.js';
import { RoomHubs } from './realtime/room/room-hubs.js';
import { serveSockets } from './realtime/sockets/socket-server.js';
import type { Surface } from './realtime/surface.js';
import type { ApiDeps, ApiServices } from './services.js';
import { toAppError } from './trpc-errors.js';
import { watchUnusedConnections } from './unused-connections.js';

export interface RunningApi {
  /** Where the API can be reached: `http://host:port`, from this machine alone if it listens on all of its addresses. */
  url: string;
  port: number;
  registration: Registration;
  /** Makes the first account, an admin; good once. Null where the instance has its first account, or the first account needs no link. */
  setUpLink: string | null;
  /** Counts that must return to zero when nobody is connected. */
  counts(): { sockets: number; rooms: number; readers: number; inboxReaders: number; inboxRooms: number };
  /** Turns `/ready` false, tells sockets to reconnect elsewhere, finishes calls. What `main.ts` passed in stays open. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts an API on `env.HOST` and `env.PORT`.
 *
 * @param surfaces the protocols it speaks. @default those of realtime/surfaces
 * @throws when it cannot listen
 */
export async function startApi(deps: ApiDeps, surfaces: readonly Surface[] = Object.values(surfaceFiles)): Promise<RunningApi> {
  const { core, env, log } = deps;
  let stopping = false;
  let closing: Promise<void> | null = null;
  const metrics: Metrics = new Metrics(deps.registry, {
    rooms: () => services.hubs.counts,
    sockets: () => live.count,
    textBuffers: () => buffers.count,
    calls: () => calls.count,
  });
  const quietLog = new QuietLog(log);
  const reportError = (error: unknown, context: object) => {
    // Callers are told of their own mistakes, so those are not logged. Our mistakes are logged with their cause.
    if (error instanceof TRPCError && toAppError(error).code !== 'INTERNAL') return;
    const cause = error instanceof TRPCError ? (error.cause ?? error) : error;
    if (isUnavailable(cause) || AppError.is(cause, 'UNAVAILABLE')) quietLog.warn('something that was needed is away', cause, context);
    else log.error({ err: cause, ...context }, 'unexpected error');
  };

  const refusals = new RefusalLog(log);
  const partLog = new PartLog(log);
  const parts = new PartsWatch({
    checks: partChecks(deps, silenceMs.bus),
    lastAnswerAt: { database: () => deps.database.lastAnswerAt() },
    everyMs: env.HEALTH_CHECK_MS,
    limitMs: silenceMs,
    onChange: (part, state, error) => partLog.note(part, state, error),
  });
  const calls = new DatabaseCalls({
    isAway: () => parts.isAway('database'),
    patienceMs: env.CALL_PATIENCE_MS,
    maxCalls: env.MAX_CALLS,
    perPerson: env.CALLS_PER_PERSON,
    atOnce: env.CALLS_AT_ONCE,
    onBound: (bound) => metrics.noteBound(bound),
  });

  const answers = env.CHECK_ANSWERS ? new AnswerCheck(declaredOutputs(appRouter)) : null;
  const tokens = new AccessTokens({ secret: deps.sessionSecret, ttlMs: env.ACCESS_TOKEN_TTL_MS });
  const presenceFeed = new PresenceFeed(deps.presence, core.bus, { heartbeatMs: env.PRESENCE_HEARTBEAT_MS });
  const buffers = new ChunkBuffers({
    maxBuffers: env.BUFFER_MAX_BUFFERS,
    maxAgeMs: env.BUFFER_MAX_AGE,
    cleanupMs: env.BUFFER_CLEANUP_INTERVAL,
    onBound: (bound) => metrics.noteBound(bound),
  });
  const hubs = new RoomHubs(
    {
      source: coreRoomSource(core, calls),
      wire: busRoomWire(core.bus, presenceFeed),
      ids: new EphemeralIds(deps.bootId),
      checkEvent: answers && ((event) => answers.roomEvent(event)),
      watch: tracedHub(metrics, deps.tracer),
      onError: (error, context) => quietLog.warn(`a room could not be followed for the moment: ${context.operation}`, error, context),
    },
    {
      log: { gapMs: 25, maxEarly: 1_000, pageSize: Math.min(500, env.MAX_REPLAY), maxReplay: env.MAX_REPLAY },
      replies: {
        windowMs: env.HUB_WINDOW_MS,
        holeMs: env.BUFFER_MISSING_CHUNK_TIMEOUT,
        snapshotTimeoutMs: 200,
        maxChunks: env.BUFFER_MAX_CHUNKS,
        buffers,
      },
      ringSize: env.HUB_RING_SIZE,
      typingMs: 6_000,
      headSweepMs: env.HEAD_SWEEP_MS,
      headRecheckMs: 1_000,
      lingerMs: env.HUB_LINGER_MS,
      onSwept: (seconds, repaired) => deps.sweeps?.swept('room_heads', seconds, repaired),
    },
  );
  presenceFeed.tell(hubs);
  const rooms = new RoomAccess(core, { maxEntries: 50_000 });
  const sessions = new SessionGuard(core, tokens, 1_000);
  const live = new LiveSockets({
    bus: core.bus,
    sessions,
    sweepMs: env.SESSION_SWEEP_MS,
    maxPerUser: env.SOCKETS_PER_ACCOUNT,
    onError: (error, operation) => reportError(error, { operation }),
    onMembership: (_userId, roomId) => rooms.invalidate(roomId),
    onSwept: (seconds, repaired) => deps.sweeps?.swept('sessions', seconds, repaired),
  });
  const agents = new AgentDesk(
    { core, live, calls, onError: (error, operation) => quietLog.warn(`an agent could not be served: ${operation}`, error) },
    {
      instanceId: deps.instanceId,
      leaseMs: env.AGENT_LEASE_MS,
      waitMs: env.AGENT_WAIT_MS,
      sweepMs: env.AGENT_SWEEP_MS,
      maxDepth: env.REPLY_MAX_DEPTH,
    },
  );
  const settings = new LiveSettings(core, { fixed: fixedSettings(env) });
  await settings.start();
  const webhookAddresses = new AllowedAddresses(env.WEBHOOK_ALLOW_PRIVATE);
  const services: ApiServices = {
    ...deps,
    tokens,
    tickets: new StreamTickets(deps.sessionSecret),
    vault: new Vault(deps.sessionSecret, 'second steps'),
    challenges: new Challenges(deps.sessionSecret),
    hasher: new PasswordHasher({
      ...deps.passwordCost,
      maxConcurrent: env.PASSWORD_HASH_CONCURRENCY,
      maxWaiting: env.PASSWORD_HASH_WAITING,
    }),
    rooms,
    webhookAddresses,
    moderation: new ModerationWebhook({ settings, allowed: webhookAddresses, log }),
    sessions,
    hubs,
    buffers,
    chatReaders: new ChatReaders(),
    live,
    inbox: new InboxHub(
      {
        bus: core.bus,
        parts,
        loadHeads: (roomIds) => calls.run(() => loadHeads(core, roomIds)),
        loadCounted: (rooms) => calls.run(() => loadCounted(core, rooms)),
        checkEvent: answers && ((event) => answers.inboxEvent(event)),
        loadMarks: (userIds) => calls.run(() => loadInboxMarks(core, userIds)),
        onError: (error, operation) => quietLog.warn(`the inbox: ${operation}`, error),
      },
      { coalesceMs: 250, headSweepMs: env.HEAD_SWEEP_MS, headRecheckMs: 1_000 },
    ),
    presenceFeed,
    agents,
    answers,
    limitRules: limitRules(env),
    brake: new CallBrake(maxBraked),
    metrics,
    refusals,
    parts,
    calls,
    models: deps.models ?? modelsOf(env),
    settings,
    get door() {
      return doorOf(env, settings);
    },
    providers: new Providers(env['OIDC_*'], deps.sessionSecret),
    retention: () => retentionOf(settings),
  };

  const app = await buildHttpServer(services, { isReady: () => !stopping, socketCount: () => live.count, reportError, surfaces });
  const socketSurfaces = surfaces.flatMap(({ sockets }) => (sockets ? [sockets({ services, reportError })] : []));
  const socketServer = serveSockets(app.server, services, socketSurfaces);
  const stopListening = core.bus.onStateChange((state) => {
    parts.check('bus');
    if (state === 'connected') hubs.compareHeads().catch((error: unknown) => reportError(error, { operation: 'compare heads' }));
  });
  // Behind a proxy all connections are the proxy's, which bounds those that it takes: deploy/nginx/nginx.conf.template.
  if (!env.TRUST_PROXY) boundConnections(app.server, env.CONNECTIONS_PER_ADDRESS);
  const closeUnused = watchUnusedConnections(app.server);
  await app.listen({ host: env.HOST, port: env.PORT });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${reachableHost(env.HOST)}:${port}`;
  const door = doorOf(env, settings);
  const setUpCode = door.firstIsAdmin && door.registration === 'open' ? null : await createSetUpCode(core);
  return {
    url,
    port,
    registration: door.registration,
    setUpLink: setUpCode && inviteLink(env.PUBLIC_ORIGINS[0] ?? url, setUpCode),
    counts: () => ({
      sockets: live.count,
      ...hubs.counts,
      inboxReaders: services.inbox.counts.readers,
      inboxRooms: services.inbox.counts.rooms,
    }),
    close: () => (closing ??= stop()),
  };

  async function stop(): Promise<void> {
    stopping = true;
    agents.close();
    stopListening();
    await socketServer.close(env.STOP_DRAIN_MS);
    live.close();
    // Calls under way still get their answers. Idle and unused connections are closed, so that they do not keep the process.
    const answered = setInterval(() => {
      app.server.closeIdleConnections();
      closeUnused();
    }, 50);
    const patience = setTimeout(() => {
      log.warn({ afterMs: finishCallsMs }, 'calls that did not end in time are cut off');
      app.server.closeAllConnections();
    }, finishCallsMs);
    await app.close();
    clearInterval(answered);
    clearTimeout(patience);
    hubs.close();
    buffers.close();
    services.inbox.close();
    presenceFeed.close();
    parts.close();
    partLog.close();
    refusals.close();
    settings.close();
    calls.close();
  }
}

/** How to name a listening address so that it can be opened: no browser opens the one that stands for all addresses. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** The models that characters may name; null where neither they nor the default model are said to this process. */
function modelsOf({ MODELS_ALLOWED, DEFAULT_MODEL }: SharedApiEnv): ModelList | null {
  return MODELS_ALLOWED === undefined && DEFAULT_MODEL === undefined ? null : modelList(MODELS_ALLOWED, DEFAULT_MODEL ?? builtInProvider);
}

/** Sign-ins to one account that this process holds up at once; with the two seconds that each waits, ten are let through in a second. */
const maxBraked = 20;
/** How long calls under way may take to end when the process stops, in milliseconds. */
const finishCallsMs = 5_000;
/**
 * A part that has not answered for this long counts as away, in milliseconds. The database gets more time, because it answers late on a
 * busy machine, and calls are given up once it counts as away.
 */
const silenceMs = { database: 3_000, bus: 1_000, presence: 1_000, limits: 1_000 };
