import type { Bus, BusSubscription } from '@parley/bus';
import { channels } from '@parley/contracts';

/** A call that waits for an answer which its character owes. */
export interface TaskPlace {
  /** Resolves when the caller should look, at once if it was woken since it last asked. */
  woken(): Promise<void>;
  leave(): void;
}

interface Waiter {
  isWoken: boolean;
  wake: (() => void) | null;
}

interface Character {
  waiters: Set<Waiter>;
  subscription: Promise<BusSubscription | null>;
}

/**
 * Who waits in this process for tasks, by character. News that a reply waits wakes one of them, the one who waits longest: if it has a task
 * by then, it hands the news on. News that the bus lost comes with a sweep.
 */
export class TaskWaits {
  readonly #bus: Bus;
  readonly #onError: (error: unknown, operation: string) => void;
  readonly #characters = new Map<string, Character>();

  constructor(bus: Bus, onError: (error: unknown, operation: string) => void) {
    this.#bus = bus;
    this.#onError = onError;
  }

  /** Ids of the characters for whom somebody waits here. */
  get characterIds(): string[] {
    return [...this.#characters.keys()];
  }

  /** Resolves once news is heard, or the bus has refused it. */
  async join(characterId: string): Promise<TaskPlace> {
    const character = this.#characters.get(characterId) ?? this.#listen(characterId);
    const waiter: Waiter = { isWoken: false, wake: null };
    character.waiters.add(waiter);
    await character.subscription;
    return {
      woken: () =>
        new Promise((resolve) => {
          waiter.wake = () => {
            waiter.isWoken = false;
            waiter.wake = null;
            resolve();
          };
          if (waiter.isWoken) waiter.wake();
        }),
      leave: () => {
        if (!character.waiters.delete(waiter)) return;
        if (waiter.isWoken) this.wake(characterId);
        if (character.waiters.size > 0) return;
        this.#characters.delete(characterId);
        void character.subscription.then((subscription) => subscription?.unsubscribe());
      },
    };
  }

  /** Wakes one who waits for this character. */
  wake(characterId: string): void {
    for (const waiter of this.#characters.get(characterId)?.waiters ?? []) {
      if (waiter.isWoken) continue;
      waiter.isWoken = true;
      waiter.wake?.();
      return;
    }
  }

  #listen(characterId: string): Character {
    const subscription = this.#bus
      .subscribe(channels.agentWork(characterId), () => this.wake(characterId))
      .catch((error: unknown) => {
        this.#onError(error, 'listen for the answers that a character owes');
        return null;
      });
    const character: Character = { waiters: new Set(), subscription };
    this.#characters.set(characterId, character);
    return character;
  }
}
