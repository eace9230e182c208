/** Who leads to whom among the chains, maps and sets of one rule set: names and the names that they lead to. */
export class ChainGraph {
  readonly #callers = new Map<string, Set<string>>();
  readonly #names = new Set<string>();

  /** Notes that a chain (map, set) exists. */
  add(name: string): void {
    this.#names.add(name);
  }

  /** Notes that `from` leads to `to`. */
  lead(from: string, to: string): void {
    const callers = this.#callers.get(to);
    if (callers === undefined) this.#callers.set(to, new Set([from]));
    else callers.add(from);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  names(): Iterable<string> {
    return this.#names;
  }

  /**
   * Every existing name that leads to one of the ends, the ends included, farthest first (so in the order that a packet
   * meets them). `entry` tells the base chains, which are left out and not followed further.
   */
  leadingTo(ends: readonly string[], entry: (name: string) => boolean): string[] {
    const distance = new Map<string, number>();
    let layer = ends.filter(name => this.#names.has(name));
    for (let step = 0; layer.length > 0; step++) {
      for (const name of layer) distance.set(name, step);
      const callers = new Set(layer.flatMap(name => [...(this.#callers.get(name) ?? [])]));
      layer = [...callers].filter(name => this.#names.has(name) && !distance.has(name) && !entry(name));
    }
    return [...distance].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  }
}
