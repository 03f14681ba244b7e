import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { JSONRPCMessageSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { dismissGuard, guardGroup } from './guard-group.js';
import { tooMuch } from './guarded-fetch.js';
import { McpProblem, saidBy } from './mcp-problem.js';

/** A command that whoever runs this server allows to be an MCP server. */
export interface StdioCommand {
  command: string;
  args: readonly string[];
  /** All that the process is given as its environment. */
  env: Readonly<Record<string, string>>;
}

export interface StdioOptions {
  /** The most bytes of one line. */
  maxBytes: number;
  /** The groups of processes that run, by their numbers. */
  groups: Set<number>;
  /** A line that the command wrote for whoever runs this server. */
  onErrorLine(line: string): void;
}

/** How long a process may take to end by itself, once its input has ended, and then once it was asked to, in milliseconds. */
const endMs = 2_000;
/** How much of what a process writes for its operator is told, in lines. */
const maxErrorLines = 50;

/**
 * Starts a command and speaks MCP with it, a message a line. The process has the environment that it is given and nothing of ours, and is the
 * head of a group of its own, which ends as a whole: with the connection, and with this process, also where that is killed.
 */
export function startStdio(command: StdioCommand, options: StdioOptions): Transport {
  return new StdioTransport(command, options);
}

class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'] & {};
  readonly #command: StdioCommand;
  readonly #options: StdioOptions;
  #process: ChildProcessByStdio<Writable, Readable, Readable> | null = null;
  #gone: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(command: StdioCommand, options: StdioOptions) {
    this.#command = command;
    this.#options = options;
  }

  start(): Promise<void> {
    const { command, args, env } = this.#command;
    return new Promise((resolve, reject) => {
      const child = spawn(command, [...args], { env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true, shell: false });
      this.#process = child;
      const { groups } = this.#options;
      if (child.pid !== undefined) groups.add(child.pid);
      const guard = child.pid === undefined ? null : guardGroup(child.pid);
      // What it started may be there still, and hold its output open.
      child.once('exit', () => killGroup(child.pid, 'SIGKILL'));
      this.#gone = new Promise((gone) => {
        child.once('close', () => {
          if (child.pid !== undefined) groups.delete(child.pid);
          if (guard) dismissGuard(guard);
          gone();
          this.#ended();
        });
      });
      child.once('spawn', () => resolve());
      child.once('error', (error) => {
        reject(
          new McpProblem('It could not be started.', {
            cause: error,
            detail: `The command could not be started${'code' in error ? ` (${String(error.code)})` : ''}. Its PATH is what MCP_STDIO gives it.`,
          }),
        );
      });
      child.stdin.on('error', () => {});
      readLines(
        child.stdout,
        this.#options.maxBytes,
        (line) => this.#take(line),
        () => this.#breaks(tooMuch(this.#options.maxBytes)),
      );
      let told = 0;
      readLines(
        child.stderr,
        16 * 1024,
        (line) => {
          if (told++ < maxErrorLines && line.length > 0) this.#options.onErrorLine(saidBy(line.toString('utf8'), 500));
        },
        () => {},
      );
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const child = this.#process;
    if (!child || this.#closed) return Promise.reject(new McpProblem('Its process has ended.', { ends: true }));
    return new Promise((resolve, reject) => {
      child.stdin.write(`${JSON.stringify(message)}\n`, (error) => {
        if (error) reject(new McpProblem('Its process has ended.', { ends: true, cause: error }));
        else resolve();
      });
    });
  }

  /** Ends the process: by the end of its input, then by asking its group, then by force. */
  async close(): Promise<void> {
    const child = this.#process;
    if (child && child.pid !== undefined && !this.#closed) {
      this.#closed = true;
      child.stdin.end();
      const soon = setTimeout(() => killGroup(child.pid, 'SIGTERM'), endMs);
      const forced = setTimeout(() => killGroup(child.pid, 'SIGKILL'), 2 * endMs);
      await this.#gone;
      clearTimeout(soon);
      clearTimeout(forced);
    }
    this.#ended();
  }

  #take(line: Buffer): void {
    const text = line.toString('utf8').trim();
    if (text === '' || this.#closed) return;
    let message: JSONRPCMessage;
    try {
      message = JSONRPCMessageSchema.parse(JSON.parse(text));
    } catch (error) {
      this.onerror?.(error as Error);
      return;
    }
    this.onmessage?.(message);
  }

  #breaks(problem: McpProblem): void {
    this.onerror?.(problem);
    void this.close();
  }

  #ended(): void {
    this.#closed = true;
    const { onclose } = this;
    delete this.onclose;
    onclose?.();
  }
}

/** Hands on whole lines. A line that is too long is told once, and nothing after it is read. */
function readLines(stream: Readable, maxBytes: number, onLine: (line: Buffer) => void, onTooLong: () => void): void {
  let kept: Buffer[] = [];
  let bytes = 0;
  let over = false;
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    if (over) return;
    let rest = chunk;
    for (;;) {
      const end = rest.indexOf(10);
      bytes += end === -1 ? rest.length : end;
      if (bytes > maxBytes) {
        over = true;
        kept = [];
        onTooLong();
        return;
      }
      kept.push(end === -1 ? rest : rest.subarray(0, end));
      if (end === -1) return;
      onLine(Buffer.concat(kept));
      kept = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
  });
}

/** Ends a whole group of processes, if it is there still. */
export function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}
