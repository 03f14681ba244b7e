/** From and to, both included. */
export type SeqRange = readonly [number, number];

/**
 * The messages of a room that a reader needs to hear nothing more of, by their seq: all up to `floor`, and those in ranges above it. Where
 * answers end in the order of their messages, which is usual, there are few ranges.
 */
export class DoneSeqs {
  #floor: number;
  /** In order, apart from each other, all above the floor. */
  #ranges: SeqRange[] = [];

  constructor(floor: number, ranges: readonly SeqRange[] = []) {
    this.#floor = floor;
    // A reader sends them, as many as an id holds: sorted once, not for each.
    for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
      const last = this.#ranges.at(-1);
      if (last && from <= last[1] + 1) this.#ranges[this.#ranges.length - 1] = [last[0], Math.max(last[1], to)];
      else this.#ranges.push([from, to]);
    }
    this.#raiseFloor();
  }

  get floor(): number {
    return this.#floor;
  }

  get ranges(): readonly SeqRange[] {
    return this.#ranges;
  }

  has(seq: number): boolean {
    return seq <= this.#floor || this.#ranges.some(([from, to]) => from <= seq && seq <= to);
  }

  add(seq: number): void {
    if (this.has(seq)) return;
    const before = this.#ranges.filter((range) => range[1] < seq - 1);
    const after = this.#ranges.filter((range) => range[0] > seq + 1);
    const touched = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    const from = Math.min(seq, touched[0]?.[0] ?? seq);
    const to = Math.max(seq, touched.at(-1)?.[1] ?? seq);
    this.#ranges = [...before, [from, to], ...after];
    this.#raiseFloor();
  }

  #raiseFloor(): void {
    while (this.#ranges.length > 0 && this.#ranges[0]![0] <= this.#floor + 1) {
      this.#floor = Math.max(this.#floor, this.#ranges.shift()![1]);
    }
  }
}
