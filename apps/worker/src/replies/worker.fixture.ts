import { randomUUID } from 'node:crypto';
import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import type { Bus } from '@parley/bus';
import { createMemoryBus } from '@parley/bus/memory';
import {
  DeltaReassembler,
  channels,
  modelList,
  noLimits,
  type MessageView,
  type ReplyText,
  type RoomDeltasPayload,
} from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import { defaultPrices } from '@parley/core/jobs/model-prices';
import type { ClaimedReply } from '@parley/core/jobs/claimed-reply';
import { postMessage } from '@parley/core/messages/post-message';
import { QuietLog } from '@parley/core/quiet-log';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { createRoom } from '@parley/core/rooms/create-room';
import { HostPlaces } from '../webhooks/host-places.js';
import { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { createTestWorld, type TestUser, type TestWorld } from '@parley/core/testing';
import { Prisma } from '@parley/db';
import { Registry } from 'prom-client';
import { createWorkerMetrics } from '../metrics.js';
import { ThoughtHabit } from '../models/thoughts/thought-habit.js';
import { DeltaBatcher } from '@parley/core/replies/delta-batcher';
import type { ReplySettings, RunnerDeps } from './runner-deps.js';

export type Script = (options: LanguageModelV3CallOptions, call: number) => AsyncIterable<string | LanguageModelV3StreamPart>;

export const usage = {
  inputTokens: { total: 11, noCache: 11, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 7, text: 7, reasoning: 0 },
};

export const finish: LanguageModelV3StreamPart = { type: 'finish', usage, finishReason: { unified: 'stop', raw: 'stop' } };

/** A model that does what a test's generator does: strings are text, everything else a part. It ends as the generator ends. */
export class ScriptedModel implements LanguageModelV3 {
  readonly specificationVersion = 'v3';
  readonly provider = 'scripted';
  readonly modelId = 'scripted';
  readonly supportedUrls: Record<string, RegExp[]> = {};
  readonly calls: LanguageModelV3CallOptions[] = [];
  /** Streams neither read to their end, nor failed, nor cancelled. */
  open = 0;
  script: Script;

  constructor(script: Script) {
    this.script = script;
  }

  doGenerate(): Promise<never> {
    return Promise.reject(new Error('replies are streamed'));
  }

  async doStream(options: LanguageModelV3CallOptions) {
    const parts = this.script(options, this.calls.push(options) - 1)[Symbol.asyncIterator]();
    this.open++;
    let closed = false;
    const close = (): void => {
      if (!closed) this.open--;
      closed = true;
    };
    const stream = new ReadableStream<LanguageModelV3StreamPart>(
      {
        pull: async (controller) => {
          try {
            const next = await parts.next();
            if (closed) return;
            if (!next.done) {
              controller.enqueue(typeof next.value === 'string' ? { type: 'text-delta', id: '0', delta: next.value } : next.value);
              return;
            }
            close();
            controller.close();
          } catch (error) {
            close();
            throw error;
          }
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    );
    return { stream };
  }
}

/** Fails before any text. */
export function failing(error: unknown): Script {
  return () => ({
    [Symbol.asyncIterator]: () => ({
      async next() {
        throw error;
      },
    }),
  });
}

/** The chunks, then the end. */
export function saying(...chunks: string[]): Script {
  return async function* () {
    yield* chunks;
    yield finish;
  };
}

/** Says something at the cost of so many tokens, most of a small budget. */
export function sayingFor(tokens: number, ...chunks: string[]): Script {
  const { inputTokens, outputTokens } = usage;
  const total = tokens - outputTokens.total;
  return async function* () {
    yield* chunks;
    yield { ...finish, usage: { inputTokens: { ...inputTokens, total, noCache: total }, outputTokens } };
  };
}

export function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

export const never = new Promise<never>(() => {});

/** Claims a reply as if its backoff had passed, which goes by the database's clock. */
export async function claimWhenDue(world: WorkerWorld, messageId: string): Promise<ClaimedReply> {
  await world.deps.db.$queryRaw(
    Prisma.sql`update jobs set available_at = now() - interval '1 second' where id = ${messageId}::uuid returning 1 as one`,
  );
  return world.claim(messageId);
}

/** Claims a reply that another worker holds, as if its lease had lapsed. Tries again if the worker's renewal comes between. */
export async function takeOver(world: WorkerWorld, messageId: string): Promise<ClaimedReply> {
  for (;;) {
    await world.deps.db.$queryRaw(Prisma.sql`update jobs set lease_until = now() where id = ${messageId}::uuid returning 1 as one`);
    const claim = await replyJobs.claim(world.deps, messageId, { id: 'other', leaseMs: 60_000 });
    if (claim) return claim;
  }
}

/** What a reader of a room sees: durable events and deltas, as a hub would. */
export interface RoomReader {
  deltas: RoomDeltasPayload['deltas'];
  text(messageId: string): ReplyText | undefined;
  /** The first event of the message for which `matches` holds, seen already or to come. */
  message(messageId: string, matches: (message: MessageView) => boolean): Promise<MessageView>;
  /** The first message of the room for which `matches` holds, seen already or to come. */
  anyMessage(matches: (message: MessageView) => boolean): Promise<MessageView>;
  /** Resolves when the text of the reply satisfies `matches`. */
  showing(messageId: string, matches: (text: string) => boolean): Promise<void>;
}

/** No MCP server is called. */
const noMcp: ReplySettings['mcp'] = { given: async () => [], call: () => Promise.reject(new Error('no server')) };

export interface WorkerWorld extends AsyncDisposable {
  world: TestWorld;
  deps: CoreDeps;
  bus: Bus;
  model: ScriptedModel;
  /** Messages logged at warn and error. */
  logged: string[];
  runner(changes?: { settings?: Partial<ReplySettings>; deps?: Partial<RunnerDeps>; leaseMs?: number; maxTries?: number }): RunnerDeps;
  newRoom(): Promise<string>;
  say(roomId: string, content: string, who?: TestUser): Promise<{ message: MessageView; replies: MessageView[] }>;
  /** Posts a call of Ada and gives her queued reply. */
  ask(roomId: string, content?: string): Promise<MessageView>;
  claim(messageId: string, leaseMs?: number): Promise<ClaimedReply>;
  read(roomId: string): Promise<RoomReader>;
  stored(messageId: string): Promise<{ content: string; status: string; attempt: number; error: { code: string; message: string } | null }>;
}

export async function createWorkerWorld(kind: 'pglite' | 'postgres' = 'pglite'): Promise<WorkerWorld> {
  const world = await createTestWorld(kind);
  const logged: string[] = [];
  const bus = createMemoryBus({
    env: 'test',
    checkPayloads: true,
    onError: (error, context) => void logged.push(`bus ${context.operation}: ${String(error)}`),
  });
  const log: CoreDeps['log'] = {
    info() {},
    warn: (_, message) => void logged.push(message),
    error: (_, message) => void logged.push(message),
  };
  const deps: CoreDeps = { db: world.handle.db, bus, log };
  const model = new ScriptedModel(saying('Hello.'));

  const self: WorkerWorld = {
    world,
    deps,
    bus,
    model,
    logged,
    runner({ settings = {}, deps: changed = {}, leaseMs = 60_000, maxTries = 3 } = {}) {
      return {
        ...deps,
        models: {
          defaultName: 'scripted:scripted',
          allowed: modelList(undefined, 'scripted:scripted'),
          secrets: [],
          providers: [],
          resolve: () => ({ model, name: 'scripted:scripted', maxOutputTokens: 20, habit: new ThoughtHabit() }),
          fallbacksOf: () => [],
        },
        batcher: new DeltaBatcher(bus, { windowMs: 1 }),
        metrics: createWorkerMetrics(new Registry()),
        quietLog: new QuietLog(log),
        claimant: { id: `worker-${randomUUID()}`, leaseMs, maxTries },
        settings: {
          firstTokenMs: 30_000,
          betweenTokensMs: 30_000,
          answerMs: 60_000,
          maxPromptTokens: 10_000,
          budgets: noLimits,
          prices: defaultPrices,
          fetchUrl: null,
          mcp: noMcp,
          maxDepth: 2,
          retryDelayMs: 1,
          finishLimitMs: 10_000,
          ...settings,
        },
        webhooks: {
          allowed: new AllowedAddresses(['127.0.0.0/8']),
          answerMs: 10_000,
          retryDelayMs: 1,
          retryForMs: 86_400_000,
          hosts: new HostPlaces(),
        },
        wakeLater: () => {},
        ...changed,
      };
    },
    async newRoom() {
      const room = await createRoom(deps, world.owner.actor, { name: 'Room', topic: '', visibility: 'public' });
      return room.id;
    },
    async say(roomId, content, who = world.owner) {
      const { message, replies } = await world.access.run(who.actor, roomId, 'messages.send', (room) =>
        postMessage(deps, room, { clientId: randomUUID(), content }),
      );
      if (!message) throw new Error(`"${content}" is answered privately`);
      return { message, replies };
    },
    async ask(roomId, content = '/ask What now?') {
      const { replies } = await self.say(roomId, content);
      if (!replies[0]) throw new Error(`"${content}" called nobody`);
      return replies[0];
    },
    async claim(messageId, leaseMs = 60_000) {
      const claim = await replyJobs.claim(deps, messageId, { id: 'a worker of the test', leaseMs, maxTries: 10 });
      if (!claim) throw new Error('nothing to claim');
      return claim;
    },
    read: (roomId) => readRoom(bus, roomId),
    async stored(messageId) {
      const [row] = await deps.db.$queryRaw<Awaited<ReturnType<WorkerWorld['stored']>>[]>(
        Prisma.sql`select content, status, attempt, error from messages where id = ${messageId}::uuid`,
      );
      if (!row) throw new Error('no such message');
      return row;
    },
    async [Symbol.asyncDispose]() {
      await bus.close();
      await world[Symbol.asyncDispose]();
    },
  };
  return self;
}

async function readRoom(bus: Bus, roomId: string): Promise<RoomReader> {
  const reassembler = new DeltaReassembler();
  const messages: MessageView[] = [];
  const deltas: RoomDeltasPayload['deltas'] = [];
  const checks = new Set<() => void>();
  const changed = (): void => {
    for (const check of checks) check();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = find();
        if (found === undefined) return;
        checks.delete(check);
        resolve(found);
      };
      checks.add(check);
      check();
    });
  await bus.subscribe(channels.roomDeltas(roomId), (payload) => {
    for (const delta of payload.deltas) {
      deltas.push(delta);
      reassembler.applyDelta(delta);
    }
    changed();
  });
  await bus.subscribe(channels.roomEvents(roomId), (payload) => {
    for (const event of payload.events) if ('type' in event && event.type === 'message') messages.push(event.message);
    changed();
  });
  return {
    deltas,
    text: (messageId) => reassembler.get(messageId),
    message: (messageId, matches) => until(() => messages.find((message) => message.id === messageId && matches(message))),
    anyMessage: (matches) => until(() => messages.find(matches)),
    showing: (messageId, matches) =>
      until(() => (matches(reassembler.get(messageId)?.text ?? '') ? true : undefined)).then(() => undefined),
  };
}
