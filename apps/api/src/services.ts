import type { MaybeTracer } from '@parley/bus';
import type { ModelList } from '@parley/contracts';
import type { RoomAccess } from '@parley/core/access/room-access';
import type { Door } from '@parley/core/accounts/create-account';
import type { CoreDeps } from '@parley/core/deps';
import type { SweepWatch } from '@parley/core/metrics/process-metrics';
import type { AccessTokens } from '@parley/core/sessions/access-tokens';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import type { RetentionBounds } from '@parley/core/rooms/retention';
import type { LiveSettings } from '@parley/core/settings/live-settings';
import type { StreamTickets } from '@parley/core/sessions/stream-tickets';
import type { Challenges } from '@parley/core/credentials/challenges';
import type { Vault } from '@parley/core/sessions/vault';
import type { PasswordHasher, PasswordHasherOptions } from '@parley/core/sessions/password-hasher';
import type { DbHandle } from '@parley/db';
import type { Limits, Presence } from '@parley/presence';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { AgentDesk } from './agents/agent-desk.js';
import type { AnswerCheck } from './answers/answer-check.js';
import type { SharedApiEnv } from './env.js';
import type { InboxHub } from './inbox/inbox-hub.js';
import type { CallBrake } from './limits/call-brake.js';
import type { LimitRules } from './limits/limit-rules.js';
import type { ModerationWebhook } from './messages/moderation-webhook.js';
import type { DatabaseCalls } from './operations/database-calls.js';
import type { Metrics } from './operations/metrics.js';
import type { RefusalLog } from './operations/refusal-log.js';
import type { PartsWatch } from './operations/parts-watch.js';
import type { ChatReaders } from './realtime/surfaces/chat/chat-readers.js';
import type { ChunkBuffers } from './realtime/room/chunk-buffers.js';
import type { PresenceFeed } from './realtime/room/presence-feed.js';
import type { RoomHubs } from './realtime/room/room-hubs.js';
import type { LiveSockets } from './realtime/sockets/live-sockets.js';
import type { Providers } from './auth/oidc/providers.js';
import type { SessionGuard } from './auth/session-guard.js';

/** What the composition root gives the API: the adapters that it chose, and who this process is. */
export interface ApiDeps {
  core: CoreDeps;
  database: DbHandle;
  presence: Presence;
  limits: Limits;
  log: Logger;
  sessionSecret: string;
  instanceId: string;
  bootId: string;
  /** Where metrics are registered and `/metrics` reads them. */
  registry: Registry;
  /** Records where the time of calls goes. @default nothing is recorded */
  tracer?: MaybeTracer;
  /** Told of what sweeps repaired. @default nobody is told */
  sweeps?: SweepWatch | undefined;
  env: SharedApiEnv;
  /** The models that characters may name, where the composition root knows them. @default what `env` says of them */
  models?: ModelList | undefined;
  /** Folder of the built page; null serves no page. */
  webRoot: string | null;
  /** What a hash of a password costs, for tests. @default what protects passwords */
  passwordCost?: Pick<PasswordHasherOptions, 'memoryKib' | 'passes'>;
}

/** Everything the procedures use, made once per process from {@link ApiDeps}. */
export interface ApiServices extends Omit<ApiDeps, 'models' | 'passwordCost'> {
  /** The models that characters may name; null where only the workers know. */
  models: ModelList | null;
  tokens: AccessTokens;
  tickets: StreamTickets;
  /** Seals the secrets of second steps. */
  vault: Vault;
  challenges: Challenges;
  hasher: PasswordHasher;
  rooms: RoomAccess;
  sessions: SessionGuard;
  hubs: RoomHubs;
  buffers: ChunkBuffers;
  /** Who reads conversations of the chat surface here. */
  chatReaders: ChatReaders;
  live: LiveSockets;
  inbox: InboxHub;
  presenceFeed: PresenceFeed;
  /** Serves the programs that write the answers of characters. */
  agents: AgentDesk;
  /** Null in production: then answers and events are not parsed. */
  answers: AnswerCheck | null;
  limitRules: LimitRules;
  /** Holds up calls above a limit that does not refuse them. */
  brake: CallBrake;
  metrics: Metrics;
  /** Where refusals are logged. */
  refusals: RefusalLog;
  /** Which parts are away. */
  parts: PartsWatch;
  /** Runs the calls that wait for the database. */
  calls: DatabaseCalls;
  /** Private addresses that webhooks may call. */
  webhookAddresses: AllowedAddresses;
  /** Asks about texts before they are said, where admins set an address. */
  moderation: ModerationWebhook;
  /** How long messages are kept. */
  retention: () => RetentionBounds;
  /** The providers of identities that people may come in by. */
  providers: Providers;
  /** The settings of the server that change while it runs. */
  settings: LiveSettings;
  /** Who may register, as it is now. */
  readonly door: Door;
}
