import { randomUUID } from 'node:crypto';
import type { RoomEvent } from '@parley/contracts';
import type { Person } from './person.js';

/** A pause between two messages of the talk, in milliseconds, so that it goes on without being the load: at 30 it was half of a test’s work. */
const paceMs = 100;

/** Two people who go on talking while a test does its worst: one writes all the while, the other reads over one socket. */
export class Talk {
  readonly #reader: ReturnType<Person['read']>;
  readonly #closes: Person['closes'];
  readonly #sent: string[] = [];
  #onSent: (() => void)[] = [];
  #stopped = false;
  readonly #writing: Promise<void>;

  private constructor(writer: Person, reader: Person, roomId: string, reading: ReturnType<Person['read']>) {
    this.#reader = reading;
    this.#closes = reader.closes;
    this.#writing = this.#write(writer, roomId);
    // A failure shows at the next check.
    this.#writing.catch(() => {});
  }

  static async start(writer: Person, reader: Person, roomId: string): Promise<Talk> {
    const reading = reader.read(roomId);
    await reading.events.until((items) => items.length > 0);
    return new Talk(writer, reader, roomId, reading);
  }

  /**
   * Waits for one more message to be sent and for all of them to be heard.
   *
   * @returns what was sent and what was heard up to then, in order, and every close or error the reader met
   * @throws what sending failed with
   */
  async check(): Promise<{ sent: string[]; heard: string[]; complaints: unknown[] }> {
    await Promise.race([this.#writing, new Promise<void>((resolve) => this.#onSent.push(resolve))]);
    const sent = [...this.#sent];
    const heard = () => this.#reader.events.items.map(({ data }) => contentOf(data)).filter((content) => content !== null);
    await this.#reader.events.until(() => heard().length >= sent.length);
    return { sent, heard: heard().slice(0, sent.length), complaints: [...this.#closes.items, ...this.#reader.errors.items] };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
    this.#reader.stop();
  }

  async #write(writer: Person, roomId: string): Promise<void> {
    while (!this.#stopped) {
      const content = `message ${this.#sent.length}`;
      await writer.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
      this.#sent.push(content);
      for (const resolve of this.#onSent.splice(0)) resolve();
      await new Promise((resolve) => setTimeout(resolve, paceMs));
    }
  }
}

function contentOf(event: RoomEvent): string | null {
  return event.type === 'message' && event.message.kind === 'text' ? event.message.content : null;
}
