import { backoffMs, type McpCheck } from '@parley/contracts';
import type { Log } from '@parley/core/deps';
import type { GivenServer, ReachableServer } from '@parley/core/mcp/reachable-servers';
import { failedCall, type ToolResult } from '@parley/core/replies/tools/reply-tool';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import type { Resolve } from '@parley/core/webhooks/webhook-target';
import type { McpConnection } from './mcp-connection.js';
import { McpProblem } from './mcp-problem.js';
import type { OfferedTool } from './offered-tools.js';
import { killGroup, type StdioCommand } from './stdio-transport.js';

export interface McpServersOptions {
  /** Private addresses that may be called. */
  allowed: AllowedAddresses;
  /** Finds the addresses of a name. @default as `findWebhookTarget` does */
  resolve?: Resolve | undefined;
  /** The commands that whoever runs this server lists, by their names. */
  commands: Readonly<Record<string, StdioCommand>>;
  log: Log;
  /** How long a connection that nobody uses stays open, in milliseconds. @default 5 minutes */
  idleMs?: number;
  /** How long a list of tools is believed, in milliseconds. @default a minute */
  listedMs?: number;
  /** The waits after a server that failed. @default from 2 seconds to 5 minutes */
  backoff?: { firstMs: number; maxMs: number };
}

/** A server of a character, with the tools of it that the character is given. */
export interface GivenTools {
  server: ReachableServer;
  tools: OfferedTool[];
}

interface Entry {
  version: number;
  connection: Promise<McpConnection> | null;
  /** What the server offers, as it was read last, and when, by the process's own clock. */
  list: { tools: Promise<OfferedTool[]>; until: number } | null;
  failures: number;
  /** Before then it is not tried again. */
  failedUntil: number;
  problem: McpProblem | null;
  idle: NodeJS.Timeout | null;
  /** Calls under way: it is not closed below them. */
  users: number;
}

/**
 * The MCP servers that this process calls: one connection to each, made when it is first needed, and closed when nobody needs it any more.
 * A server that failed is left alone for a while, and its tools are away until then.
 */
export class McpServers {
  readonly #options: McpServersOptions;
  readonly #entries = new Map<string, Entry>();
  /** Entries that others took the place of, while calls of them are under way. */
  readonly #leaving = new Set<Entry>();
  readonly #groups = new Set<number>();
  readonly #closing = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #onExit = (): void => {
    for (const group of this.#groups) killGroup(group, 'SIGKILL');
  };

  constructor(options: McpServersOptions) {
    this.#options = options;
    process.on('exit', this.#onExit);
  }

  /** Names of the commands that a server may have. */
  get commandNames(): string[] {
    return Object.keys(this.#options.commands).toSorted();
  }

  /** The tools that servers offer now. A server that does not say so in time has none. @throws the signal's reason */
  async given(servers: readonly GivenServer[], signal: AbortSignal): Promise<GivenTools[]> {
    const all = await Promise.all(
      servers.map(async ({ only, ...server }) => {
        try {
          const tools = await this.#list(server, signal);
          return { server, tools: tools.filter(({ name }) => only === null || only.includes(name)) };
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof McpProblem)) throw error;
          return { server, tools: [] };
        }
      }),
    );
    return all.filter(({ tools }) => tools.length > 0);
  }

  /** Connects anew and reads what a server offers. Never rejects, unless the signal fires. */
  async check(server: ReachableServer, signal: AbortSignal): Promise<McpCheck> {
    this.#drop(server.id);
    try {
      const tools = await this.#list(server, signal);
      return { problem: null, tools: tools.map(({ name, description, readOnly }) => ({ name, description, readOnly })) };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof McpProblem)) throw error;
      return { problem: error.detail, tools: [] };
    }
  }

  /** Calls a tool of a server. What goes wrong there is a failed result. @throws the signal's reason */
  async call(server: ReachableServer, name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const begun = this.#entryOf(server);
    begun.users++;
    try {
      for (let attempt = 0; ; attempt++) {
        const known = begun.connection !== null;
        try {
          const connection = await this.#connected(server, begun, signal);
          return await connection.call(name, args, signal);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof McpProblem)) throw error;
          // A server that was started anew does not know the session of before, so it did nothing: once more with a new one.
          if (attempt === 0 && known && error.forgotten) continue;
          return failedCall(`${serverName(server)}: ${error.message}`);
        }
      }
    } finally {
      begun.users--;
      this.#rest(server.id, begun);
    }
  }

  /** Closes all connections and ends all processes. */
  async close(): Promise<void> {
    this.#stop.abort(new McpProblem('This process is stopping.'));
    for (const id of this.#entries.keys()) this.#drop(id);
    for (const entry of this.#leaving) this.#leave(entry);
    await Promise.all(this.#closing);
    process.off('exit', this.#onExit);
  }

  #entryOf(server: ReachableServer): Entry {
    const entry = this.#entries.get(server.id);
    if (entry?.version === server.version) return entry;
    if (entry && entry.version > server.version) return entry;
    if (entry) this.#drop(server.id);
    const made: Entry = {
      version: server.version,
      connection: null,
      list: null,
      failures: 0,
      failedUntil: 0,
      problem: null,
      idle: null,
      users: 0,
    };
    this.#entries.set(server.id, made);
    return made;
  }

  /** @throws McpProblem; the signal's reason */
  async #list(server: ReachableServer, signal: AbortSignal): Promise<OfferedTool[]> {
    const entry = this.#entryOf(server);
    const now = performance.now();
    if (!entry.list || entry.list.until <= now) {
      // Shared by all who ask meanwhile, so no one of them can abort it: it has a limit of its own.
      const tools = this.#connected(server, entry, this.#stop.signal).then((connection) => connection.listTools(this.#stop.signal));
      const list = { tools, until: now + (this.#options.listedMs ?? 60_000) };
      entry.list = list;
      tools.then(
        () => {
          entry.failures = 0;
          entry.problem = null;
          this.#rest(server.id, entry);
        },
        (error: unknown) => {
          if (entry.list === list) entry.list = null;
          this.#failed(server, entry, error);
        },
      );
    }
    return await orAborted(entry.list.tools, signal);
  }

  async #connected(server: ReachableServer, entry: Entry, signal: AbortSignal): Promise<McpConnection> {
    this.#stop.signal.throwIfAborted();
    const open = entry.connection && (await orAborted(entry.connection, signal).catch(() => null));
    if (open && !open.isOver) return open;
    signal.throwIfAborted();
    if (entry.problem && performance.now() < entry.failedUntil) throw entry.problem;
    if (!entry.connection || open?.isOver) {
      const opening = this.#open(server, entry);
      entry.connection = opening;
      opening.catch((error: unknown) => {
        if (entry.connection === opening) entry.connection = null;
        this.#failed(server, entry, error);
      });
    }
    return await orAborted(entry.connection!, signal);
  }

  async #open(server: ReachableServer, entry: Entry): Promise<McpConnection> {
    const { allowed, resolve, commands, log } = this.#options;
    // The SDK is loaded when the first server is called.
    const { McpConnection: Connection } = await import('./mcp-connection.js');
    const startedAt = performance.now();
    return Connection.open(
      server,
      {
        allowed,
        resolve,
        commands,
        groups: this.#groups,
        onChanged: () => {
          entry.list = null;
        },
        onEnd: (problem) => {
          entry.connection = null;
          entry.list = null;
          // One that ran for a while may be started again at once; one that ends as soon as it begins may not.
          if (!problem.forgotten && performance.now() - startedAt < 60_000) this.#failed(server, entry, problem);
        },
        onErrorLine: (line) => log.info({ serverId: server.id, line }, 'an MCP server says'),
      },
      this.#stop.signal,
    );
  }

  #failed(server: ReachableServer, entry: Entry, error: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (!(error instanceof McpProblem)) {
      this.#options.log.error({ err: error, serverId: server.id }, 'cannot use an MCP server');
      return;
    }
    if (entry.problem && performance.now() < entry.failedUntil) return;
    entry.problem = error;
    entry.failedUntil = performance.now() + backoffMs(entry.failures++, this.#options.backoff ?? { firstMs: 2_000, maxMs: 300_000 });
    this.#options.log.warn({ serverId: server.id, problem: error.detail, failures: entry.failures }, 'an MCP server failed');
  }

  /** Closes the connection some time after its last use. */
  #rest(id: string, entry: Entry): void {
    if (entry.idle) clearTimeout(entry.idle);
    entry.idle = null;
    if (entry.users > 0 || this.#stop.signal.aborted) return;
    if (this.#leaving.has(entry)) this.#leave(entry);
    if (this.#entries.get(id) !== entry) return;
    entry.idle = setTimeout(() => {
      if (entry.users === 0 && this.#entries.get(id) === entry) this.#drop(id);
    }, this.#options.idleMs ?? 300_000).unref();
  }

  #drop(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    if (entry.idle) clearTimeout(entry.idle);
    // Calls that are under way are let come to their end.
    if (entry.users > 0 && !this.#stop.signal.aborted) this.#leaving.add(entry);
    else this.#leave(entry);
  }

  #leave(entry: Entry): void {
    this.#leaving.delete(entry);
    const closed = entry.connection?.then(
      (connection) => connection.close(),
      () => {},
    );
    if (!closed) return;
    this.#closing.add(closed);
    void closed.finally(() => this.#closing.delete(closed));
  }
}

/** The server, as the sentences of rooms name it. */
function serverName({ name }: Pick<ReachableServer, 'name'>): string {
  return `“${name}”`;
}

/** @throws what the promise is rejected with; the signal's reason, whichever comes first */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  aborted.catch(() => {});
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
