import { open, mkdtemp, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceMessage } from '@parley/core/imports/source-rooms';

/** Bytes that are gathered before they are written. */
const writeBytes = 1024 * 1024;

/**
 * Messages on their way from an export into rooms. Exports have them by day, by id or by no order at all, and rooms take them by time. They
 * wait in one file, which is gone at the end; in memory is where each is: 24 bytes a message.
 */
export class MessageSpool implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: FileHandle;
  /** By room: when, where in the file, and how long, three numbers for each message. */
  readonly #rooms = new Map<string, number[]>();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #written = 0;

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  static async make(): Promise<MessageSpool> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-import-'));
    const file = await open(join(folder, 'messages'), 'wx+', 0o600);
    // Where a file may be removed while it is open, even a process that is killed leaves nothing behind.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    return new MessageSpool(folder, file);
  }

  /** @param order what the room's messages are ordered by: a time, in any unit that is the same for all of the room */
  async add(room: string, order: number, message: SourceMessage): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(message));
    const places = this.#rooms.get(room) ?? [];
    this.#rooms.set(room, places);
    places.push(order, this.#written + this.#waitingBytes, bytes.length);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= writeBytes) await this.#flush();
  }

  count(room: string): number {
    return (this.#rooms.get(room)?.length ?? 0) / 3;
  }

  /** The messages of a room by time; those of one moment as they came. */
  async *read(room: string): AsyncGenerator<SourceMessage, void> {
    await this.#flush();
    const places = this.#rooms.get(room) ?? [];
    const sorted = Uint32Array.from({ length: places.length / 3 }, (_, n) => n).toSorted(
      (a, b) => places[a * 3]! - places[b * 3]! || a - b,
    );
    for (const n of sorted) {
      const [at, length] = [places[n * 3 + 1]!, places[n * 3 + 2]!];
      const { buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, at);
      yield JSON.parse(buffer.toString('utf8')) as SourceMessage;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #flush(): Promise<void> {
    if (this.#waitingBytes === 0) return;
    const bytes = Buffer.concat(this.#waiting);
    [this.#waiting, this.#waitingBytes] = [[], 0];
    await this.#file.write(bytes, 0, bytes.length, this.#written);
    this.#written += bytes.length;
  }
}
