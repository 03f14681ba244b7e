import type { MessageView } from '@parley/contracts';
import type { MessagePage } from '../calls.js';
import { addMessages, addNewer, addOlder, isLoaded, showPage, type RoomData } from './room-data.js';

/** Which messages are asked for, besides the usual number at the end. */
export interface PagePlace {
  before?: number;
  after?: number;
  around?: number;
  limit?: number;
}

export interface MessagePagesOptions {
  load(place: PagePlace): Promise<MessagePage>;
  /** What the room shows now; null while it shows nothing, and once it is closed. */
  data(): RoomData | null;
  show(data: RoomData, page: MessagePage): void;
  /** User id of who is signed in. */
  me(): string | null;
}

/** Loads what a room does not show yet of its messages: older ones, newer ones, those around one. */
export class MessagePages {
  readonly #options: MessagePagesOptions;
  #older: Promise<void> | null = null;
  #newer: Promise<void> | null = null;
  /** Messages that came for a place not loaded, while a page is: it may have been read before them. */
  #aside: MessageView[] = [];
  #wanted = 0;
  /** Counts the places asked for: an earlier one's page is no longer wanted. */
  #asked = 0;

  constructor(options: MessagePagesOptions) {
    this.#options = options;
  }

  /** One at a time: a call during another is that one. So is {@link loadNewer}. */
  loadOlder(): Promise<void> {
    this.#older ??= this.#loadOlder().finally(() => {
      this.#older = null;
    });
    return this.#older;
  }

  loadNewer(): Promise<void> {
    this.#newer ??= this.#loadNewer().finally(() => {
      this.#newer = null;
    });
    return this.#newer;
  }

  /** @returns whether it is shown, or there is none; false where {@link stay} was called, or another place asked for, meanwhile */
  async loadAround(seq: number): Promise<boolean> {
    const asked = ++this.#asked;
    await this.#load({ around: seq, limit: 100 }, (data, page) =>
      page.items.length === 0 || asked !== this.#asked ? data : showPage(data, page),
    );
    return asked === this.#asked;
  }

  /** What is shown stays: a place that was asked for, and is still to come, is not wanted any more. */
  stay(): void {
    this.#asked++;
  }

  /** Call it with each message that comes, before it is put into `data`. */
  note(data: RoomData, message: MessageView): void {
    if (this.#wanted > 0 && !isLoaded(data, message.seq)) this.#aside.push(message);
  }

  async #loadOlder(): Promise<void> {
    const data = this.#options.data();
    const first = data?.hasOlder ? data.messages[0] : undefined;
    if (first) await this.#load({ before: first.seq }, (now, page) => addOlder(now, first.seq, page));
  }

  async #loadNewer(): Promise<void> {
    const data = this.#options.data();
    const last = data?.hasNewer ? data.messages.at(-1) : undefined;
    if (last) await this.#load({ after: last.seq }, (now, page) => addNewer(now, last.seq, page));
  }

  async #load(place: PagePlace, add: (data: RoomData, page: MessagePage) => RoomData): Promise<void> {
    const { load, data, show, me } = this.#options;
    this.#wanted++;
    try {
      const page = await load(place);
      const now = data();
      if (now) show(addMessages(add(now, page), this.#aside, me()), page);
    } finally {
      if (--this.#wanted === 0) this.#aside = [];
    }
  }
}
