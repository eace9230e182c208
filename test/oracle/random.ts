/** A small seeded generator (mulberry32), so that a seed and a count name a run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    // Seeds beside each other begin alike.
    for (let skipped = 0; skipped < 8; skipped++) this.next();
  }

  /** From 0 up to and without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from low to high, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.next() * times < 1;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** `count` different items, in the order of `items`; all when there are fewer. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items.keys()];
    const taken = Array.from({ length: Math.min(count, items.length) }, () =>
      Number(rest.splice(this.between(0, rest.length - 1), 1)[0]),
    );
    return taken.sort((left, right) => left - right).map(index => items[index] as Item);
  }
}
