/** How many whole answers in a row without an unopened thought show that the model has no such habit. */
const plainAnswers = 3;

/** What this process knows of how a model marks its thoughts. */
export class ThoughtHabit {
  /**
   * True if the model begins with a thought that no tag opens, because its template puts the tag into the prompt, as DeepSeek's does. Its
   * answers are then kept back until the thought is closed.
   */
  startsUnopened: boolean;
  /** Whole answers in a row that did not begin so. */
  #plain = 0;

  constructor({ startsUnopened = false }: { startsUnopened?: boolean } = {}) {
    this.startsUnopened = startsUnopened;
  }

  /** Learns that an answer began with a thought that no tag opened. */
  sawUnopened(): void {
    this.startsUnopened = true;
    this.#plain = 0;
  }

  /** Learns that an answer came to its own end without such a thought. */
  sawPlain(): void {
    this.#plain++;
    if (this.#plain >= plainAnswers) this.startsUnopened = false;
  }
}

/** Models that are made to think first: DeepSeek R1, QwQ, Qwen's `thinking` ones. Without a thought apart, theirs may have no opening tag. */
const thinkers = /(?:^|[^a-z0-9])(?:r1|qwq|reasoner|thinking)(?:[^a-z0-9]|$)/i;

/** How many models are remembered; beyond this the first is forgotten, and learned anew. */
const maxHabits = 1_000;

/**
 * The habits of models, by name. If a model is not known to think, the first thought that it did not open is shown until its closing
 * tag is found; that one time, the page shows it until the reply ends. From then on this model's answers are kept back, until some in a
 * row show that it thinks so no longer.
 */
export class ThoughtHabits {
  readonly #habits = new Map<string, ThoughtHabit>();

  /** @param modelName `provider:model` */
  of(modelName: string): ThoughtHabit {
    let habit = this.#habits.get(modelName);
    if (!habit) {
      const [oldest] = this.#habits.keys();
      if (this.#habits.size >= maxHabits) this.#habits.delete(oldest!);
      habit = new ThoughtHabit({ startsUnopened: thinkers.test(modelName) });
      this.#habits.set(modelName, habit);
    }
    return habit;
  }
}
