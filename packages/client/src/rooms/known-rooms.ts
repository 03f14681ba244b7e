import type { RoomData } from './room-data.js';

/** So many rooms that were closed are remembered: those that one goes back and forth between. */
const maxRooms = 8;
/** The last messages of each, more than a screen holds. */
const maxMessages = 200;

/** What was known of the rooms closed last, so that there is something to read on a return to them without a connection. */
export class KnownRooms {
  readonly #rooms = new Map<string, RoomData>();

  get(roomId: string): RoomData | undefined {
    return this.#rooms.get(roomId);
  }

  /** @param data null to forget the room */
  set(roomId: string, data: RoomData | null): void {
    this.#rooms.delete(roomId);
    if (!data) return;
    const messages = data.messages.slice(-maxMessages);
    this.#rooms.set(roomId, { ...data, messages, hasOlder: data.hasOlder || messages.length < data.messages.length });
    const [oldest] = this.#rooms.keys();
    if (this.#rooms.size > maxRooms) this.#rooms.delete(oldest!);
  }

  clear(): void {
    this.#rooms.clear();
  }
}
