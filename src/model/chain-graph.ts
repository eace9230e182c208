/** A rule or a map's element: what makes one chain lead to another. */
interface Step {
  raw: string;
}

/** Who leads to whom among the chains, maps and sets of one rule set, and by which rule or element. */
export class ChainGraph<T extends Step> {
  readonly #steps = new Map<string, Map<string, T[]>>();
  readonly #names = new Set<string>();

  /** Notes that a chain (map, set) exists. */
  add(name: string): void {
    this.#names.add(name);
  }

  /** Notes that `from` leads to `to` (a chain, map or set, or a goal of other kind) by this step. */
  lead(from: string, to: string, step: T): void {
    const callers = this.#steps.get(to) ?? new Map<string, T[]>();
    this.#steps.set(to, callers);
    const steps = callers.get(from);
    if (steps === undefined) callers.set(from, [step]);
    else steps.push(step);
  }

  /** The names that lead straight to this one. */
  callers(to: string): string[] {
    return [...(this.#steps.get(to)?.keys() ?? [])];
  }

  /**
   * Every existing name that leads to one of the ends, the ends included, each before those that it leads to, as a
   * packet meets them, with its steps to these and to the goal of the ends. `entry` tells the base chains, which are left
   * out and not followed further.
   */
  leadingTo(ends: readonly string[], goal: string, entry: (name: string) => boolean): { name: string; steps: T[] }[] {
    const order = new Set<string>();
    const visit = (name: string) => {
      if (order.has(name) || !this.#names.has(name) || entry(name)) return;
      order.add(name);
      for (const caller of this.callers(name)) visit(caller);
      order.delete(name);
      order.add(name);
    };
    for (const end of ends) visit(end);
    const targets = [...order, goal];
    return [...order].map(name => ({
      name,
      steps: targets.flatMap(target => this.#steps.get(target)?.get(name) ?? []),
    }));
  }
}
