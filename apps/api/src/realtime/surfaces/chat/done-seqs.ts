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
    for (const range of ranges) this.#add(range);
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
    if (!this.has(seq)) this.#add([seq, seq]);
  }

  #add([from, to]: SeqRange): void {
    const apart = this.#ranges.filter((range) => range[1] < from - 1 || range[0] > to + 1);
    const touched = this.#ranges.filter((range) => !apart.includes(range));
    const joined: SeqRange = [Math.min(from, ...touched.map((range) => range[0])), Math.max(to, ...touched.map((range) => range[1]))];
    this.#ranges = [...apart, joined].toSorted((a, b) => a[0] - b[0]);
    while (this.#ranges.length > 0 && this.#ranges[0]![0] <= this.#floor + 1) {
      this.#floor = Math.max(this.#floor, this.#ranges.shift()![1]);
    }
  }
}
