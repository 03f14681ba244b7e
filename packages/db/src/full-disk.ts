import { statfs } from 'node:fs/promises';
import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

export interface FullDiskOptions {
  /**
   * Free bytes below which the database takes no writes; it takes them again above half as many more. PostgreSQL makes its log in files of
   * 16 MB, and PGlite does not survive one that it cannot make: less than two of them leave no room for what is written between two looks.
   */
  reserveBytes: number;
  /** Told when the database begins or ceases to take writes. */
  onChange(takesWrites: boolean, freeBytes: number): void;
  /** How often to look, in milliseconds. @default 1000 */
  everyMs?: number;
}

/**
 * Makes a PGlite read-only while the disk of its files is nearly full: writes are refused, with an error that `refusesWrites` knows, and
 * reads go on.
 */
export class FullDiskGuard {
  readonly #pglite: PGlite;
  readonly #directory: string;
  readonly #reserveBytes: number;
  readonly #onChange: FullDiskOptions['onChange'];
  readonly #timer: NodeJS.Timeout;
  #takesWrites = true;
  #looking: Promise<void> | null = null;

  constructor(pglite: PGlite, directory: string, { reserveBytes, onChange, everyMs = 1_000 }: FullDiskOptions) {
    this.#pglite = pglite;
    this.#directory = directory;
    this.#reserveBytes = reserveBytes;
    this.#onChange = onChange;
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
  }

  /** Looks now, or joins a look that is under way; never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      // Where the free space cannot be read, there is nothing to go by.
      .catch(() => {})
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  /** Resolves once a look under way is over. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#directory);
    const freeBytes = bavail * bsize;
    const takesWrites = freeBytes >= this.#reserveBytes * (this.#takesWrites ? 1 : 1.5);
    if (takesWrites === this.#takesWrites) return;
    await this.#pglite.exec(`set default_transaction_read_only = ${takesWrites ? 'off' : 'on'}`);
    this.#takesWrites = takesWrites;
    this.#onChange(takesWrites, freeBytes);
  }
}

interface WriteStream {
  path?: string;
}

interface EmscriptenModule {
  NODEFS: { stream_ops: { write: (stream: WriteStream, ...rest: unknown[]) => number } };
}

/**
 * The files of a PGlite, watched for what it does not survive. When PostgreSQL cannot write its log, because the disk or a quota is used up
 * or the disk fails, a server would end and recover. PGlite only answers with an error and keeps its locks, so the next statement waits for
 * them without end, inside one call, in which the process hears nothing, not even SIGTERM (PGlite 0.5.16).
 */
export class WatchedFiles extends NodeFS {
  readonly #onFatal: () => never;

  /** @param onFatal is called inside PGlite, and has to end the process */
  constructor(directory: string, onFatal: () => never) {
    super(directory);
    this.#onFatal = onFatal;
  }

  override async init(...given: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...given);
    const watch = (module: unknown) => this.#watch(module as EmscriptenModule);
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), watch] } };
  }

  #watch({ NODEFS: { stream_ops: operations } }: EmscriptenModule): void {
    const { write } = operations;
    operations.write = (stream, ...rest) => {
      try {
        return write(stream, ...rest);
      } catch (error) {
        if (stream.path?.includes('/pg_wal/')) this.#onFatal();
        throw error;
      }
    };
  }
}
