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

/** Loads messages that the room does not show yet: older ones, newer ones, and those around a given one. */
export class MessagePages {
  readonly #options: MessagePagesOptions;
  #older: Promise<void> | null = null;
  #newer: Promise<void> | null = null;
  /** Messages that arrived while a page for their place was loading: the page may have been read before they were written. */
  #aside: MessageView[] = [];
  #wanted = 0;
  /** Goes up with each place that is asked for: a page for an earlier place is dropped. */
  #asked = 0;

  constructor(options: MessagePagesOptions) {
    this.#options = options;
  }

  /** Loads one page at a time: a call while one is loading returns the same promise. {@link loadNewer} does likewise. */
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

  /** @returns true if the page is shown or there is none; false if {@link stay} was called or another place was asked for meanwhile */
  async loadAround(seq: number): Promise<boolean> {
    const asked = ++this.#asked;
    await this.#load({ around: seq, limit: 100 }, (data, page) =>
      page.items.length === 0 || asked !== this.#asked ? data : showPage(data, page),
    );
    return asked === this.#asked;
  }

  /** Keeps what is shown now: a place that is still loading will not be shown. */
  stay(): void {
    this.#asked++;
  }

  /** To be called with each message that arrives, before it is put into `data`. */
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
