import { writeSync } from 'node:fs';

export interface LogLinesOptions {
  /** @default 1, stdout */
  fd?: number;
  /** @default the system's own */
  write?: (fd: number, bytes: Buffer) => number;
}

/** Bytes that wait for a slow reader; beyond that, lines are lost. */
const maxWaitingBytes = 1024 * 1024;
/** How long a reader that takes nothing more is left alone, in milliseconds. */
const retryMs = 50;

/**
 * Where a process writes its log, for pino, and other lines to stdout. Whatever happens there, the process goes on: nobody reads any more
 * (`npm start | head -1`) and lines are dropped for good; the disk is full, and a line is lost; the reader is slow, and lines wait, up to
 * a bound. Each line is written at once where that is possible, so that the last one of a process that dies is not lost.
 */
export class LogLines {
  readonly #fd: number;
  readonly #write: NonNullable<LogLinesOptions['write']>;
  #waiting: Buffer = Buffer.alloc(0);
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor({ fd = 1, write = writeSync }: LogLinesOptions = {}) {
    this.#fd = fd;
    this.#write = write;
  }

  /** Writes a line, or keeps it to be written soon; never throws. @param line with its line feed */
  write(line: string): void {
    if (this.#closed) return;
    const bytes = Buffer.from(line);
    if (this.#waiting.length + bytes.length > maxWaitingBytes) return;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    if (this.#timer === null) this.#flush();
  }

  #flush(): void {
    this.#timer = null;
    while (this.#waiting.length > 0) {
      try {
        this.#waiting = this.#waiting.subarray(this.#write(this.#fd, this.#waiting));
      } catch (error) {
        return this.#failed((error as NodeJS.ErrnoException).code);
      }
    }
  }

  #failed(code: string | undefined): void {
    if (code === 'EAGAIN' || code === 'EINTR') {
      this.#timer = setTimeout(() => this.#flush(), retryMs).unref();
      return;
    }
    this.#waiting = Buffer.alloc(0);
    // A full disk may have room again. Of a pipe that nobody reads, or a closed file, nothing comes back.
    this.#closed = code === 'EPIPE' || code === 'EBADF';
  }
}
