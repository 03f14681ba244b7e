import { countOf, fieldsOf, type Fields } from './wire-values.js';

/**
 * Reads one answer where a server gives several at once, each chunk of which says by its `index` to which it belongs: the answer that came
 * first. Chunks without an index belong to it.
 */
export class FollowedChoice {
  #index: number | null = null;

  /** What one event has of the followed answer; no fields if it has nothing of it. */
  of(choices: readonly unknown[]): Fields {
    for (const choice of choices) {
      const fields = fieldsOf(choice);
      if (fields['index'] === undefined || fields['index'] === null) {
        if (Object.keys(fields).length > 0) return fields;
        continue;
      }
      this.#index ??= countOf(fields['index']);
      if (countOf(fields['index']) === this.#index) return fields;
    }
    return {};
  }
}
