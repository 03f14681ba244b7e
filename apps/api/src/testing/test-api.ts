import { parseEnv } from '@parley/contracts';
import { createMemoryBus } from '@parley/bus/memory';
import { callFields, type Bus } from '@parley/bus';
import { seedInstance } from '@parley/core/characters/seed-instance';
import type { CoreDeps } from '@parley/core/deps';
import { ProcessMetrics } from '@parley/core/metrics/process-metrics';
import { AccessTokens } from '@parley/core/sessions/access-tokens';
import { createTestDb } from '@parley/db/testing';
import type { DbHandle } from '@parley/db';
import { createMemoryLimits, createMemoryPresence } from '@parley/presence/memory';
import { createTRPCClient, createWSClient, httpLink, wsLink, type TRPCClient } from '@trpc/client';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { AppRouter } from '../app-router.js';
import { apiEnvShape } from '../env.js';
import type { Surface } from '../realtime/surface.js';
import { startApi, type RunningApi } from '../start-api.js';

export interface TestUser {
  id: string;
  username: string;
  accessToken: string;
  refreshToken: string;
  /** Calls by HTTP. */
  http: TRPCClient<AppRouter>;
}

/** An API on a port of its own, with a test database of its own and real sockets. */
export interface TestApi extends AsyncDisposable {
  api: RunningApi;
  database: DbHandle;
  bus: Bus;
  core: CoreDeps;
  /** What was logged at `logLevel` and above, by default warn. */
  logged: string[];
  anonymous: TRPCClient<AppRouter>;
  /** A client over HTTP for whoever has the token. */
  as(accessToken: string): TRPCClient<AppRouter>;
  register(username: string): Promise<TestUser>;
  /** Another token of this one's session, which lives for so long from now: what is done before with its own takes as long as it takes. */
  shortLived(accessToken: string, ttlMs: number): Promise<string>;
  /** Starts another API on the same database and bus; closed with the first, or by hand. */
  another(): Promise<RunningApi>;
  /** A client over one WebSocket; closed with the API, or by hand. */
  socket(accessToken: string): {
    trpc: TRPCClient<AppRouter>;
    ws: ReturnType<typeof createWSClient>;
    closed: Promise<{ code?: number } | undefined>;
  };
}

const sessionSecret = 'a secret for tests, of at least 32 bytes';

export async function createTestApi(
  variables: Record<string, string> = {},
  kind: 'pglite' | 'postgres' = 'pglite',
  options: { webRoot?: string; logLevel?: 'trace' | 'info' | 'warn'; surfaces?: readonly Surface[] } = {},
): Promise<TestApi> {
  const database = await createTestDb(kind);
  const logged: string[] = [];
  const log = pino(
    { level: options.logLevel ?? 'warn', base: null, mixin: callFields },
    { write: (line: string) => void logged.push(line) },
  );
  const env = parseEnv(z.object(apiEnvShape), { PORT: '0', STOP_DRAIN_MS: '0', CHECK_ANSWERS: 'true', ...variables });
  const bus = createMemoryBus({
    env: 'test',
    checkPayloads: env.CHECK_ANSWERS,
    onError: (error, context) => log.error({ err: error, ...context }, 'bus'),
  });
  const core = { db: database.db, bus, log };
  await seedInstance(core);
  const start = async (instanceId: string, bootId: string): Promise<RunningApi> => {
    const registry = new Registry();
    const processMetrics = new ProcessMetrics(registry);
    const stopWatching = processMetrics.watch(core, database);
    const started = await startApi(
      {
        core,
        database,
        presence: createMemoryPresence({ instanceId, bootId }),
        limits: createMemoryLimits(),
        log,
        sessionSecret,
        instanceId,
        bootId,
        registry,
        sweeps: processMetrics,
        env,
        webRoot: options.webRoot ?? null,
        // Most tests sign people in, and a hash that would protect a password is more work than all else of it.
        passwordCost: { memoryKib: 8, passes: 1 },
      },
      options.surfaces,
    );
    return {
      ...started,
      async close() {
        await started.close();
        stopWatching();
      },
    };
  };
  const api = await start('test', 'boot');
  const others: RunningApi[] = [];
  const sockets: ReturnType<typeof createWSClient>[] = [];
  const httpClient = (accessToken?: string) =>
    createTRPCClient<AppRouter>({
      links: [httpLink({ url: `${api.url}/trpc`, headers: accessToken ? { authorization: `Bearer ${accessToken}` } : {} })],
    });
  const anonymous = httpClient();
  return {
    api,
    database,
    bus,
    core,
    logged,
    anonymous,
    as: httpClient,
    async another() {
      const other = await start(`test-${others.length + 2}`, `boot-${others.length + 2}`);
      others.push(other);
      return other;
    },
    async register(username) {
      const { user, accessToken, refreshToken } = await anonymous.auth.register.mutate({ username, password: `password of ${username}` });
      return { id: user.id, username, accessToken, refreshToken: refreshToken!, http: httpClient(accessToken) };
    },
    async shortLived(accessToken, ttlMs) {
      const actor = await new AccessTokens({ secret: sessionSecret }).verify(accessToken);
      return (await new AccessTokens({ secret: sessionSecret, ttlMs }).issue(actor)).accessToken;
    },
    socket(accessToken) {
      let onClosed: (cause: { code?: number } | undefined) => void;
      const closed = new Promise<{ code?: number } | undefined>((resolve) => {
        onClosed = resolve;
      });
      const ws = createWSClient({
        url: `${api.url.replace('http', 'ws')}/trpc`,
        WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
        connectionParams: { accessToken },
        retryDelayMs: () => 20,
        onClose: (cause) => onClosed(cause),
      });
      sockets.push(ws);
      return { trpc: createTRPCClient<AppRouter>({ links: [wsLink({ client: ws })] }), ws, closed };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sockets.map((ws) => ws.close()));
      await Promise.all([api, ...others].map((each) => each.close()));
      await bus.close();
      await database.close();
    },
  };
}
