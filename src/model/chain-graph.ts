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

  /**
   * Every existing name that leads to one of the ends, the ends included, each before those that it leads to, as a
   * packet meets them. `entry` tells the base chains, which are left out and not followed further.
   */
  leadingTo(ends: readonly string[], entry: (name: string) => boolean): string[] {
    const order = new Set<string>();
    const visit = (name: string) => {
      if (order.has(name) || !this.#names.has(name) || entry(name)) return;
      order.add(name);
      for (const caller of this.#callers.get(name) ?? []) visit(caller);
      order.delete(name);
      order.add(name);
    };
    for (const end of ends) visit(end);
    return [...order];
  }
}
