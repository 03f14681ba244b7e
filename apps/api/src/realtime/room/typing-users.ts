import { maxNamedTyping } from '@parley/contracts';

/** Who is typing in a room. A signal lasts for a while; listeners are told of each change, at most ten times a second and of fifty people. */
export class TypingUsers {
  readonly #lastsMs: number;
  readonly #onChange: (userIds: string[]) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #pending: NodeJS.Timeout | null = null;

  constructor(lastsMs: number, onChange: (userIds: string[]) => void) {
    this.#lastsMs = lastsMs;
    this.#onChange = onChange;
  }

  get userIds(): string[] {
    return [...this.#timers.keys()].slice(0, maxNamedTyping);
  }

  set(userId: string, typing: boolean): void {
    const timer = this.#timers.get(userId);
    clearTimeout(timer);
    if (!typing) {
      if (this.#timers.delete(userId)) this.#announce();
      return;
    }
    this.#timers.set(
      userId,
      setTimeout(() => this.set(userId, false), this.#lastsMs),
    );
    if (!timer) this.#announce();
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#pending) clearTimeout(this.#pending);
  }

  #announce(): void {
    this.#pending ??= setTimeout(() => {
      this.#pending = null;
      this.#onChange(this.userIds);
    }, 100);
  }
}
