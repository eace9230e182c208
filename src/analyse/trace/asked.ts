import type { Numeric } from './unknown.ts';

/** A test of an address, and what it said of the source. */
interface Test {
  ask: (source: bigint) => unknown;
  answer: unknown;
}

/**
 * What a trace asked about where its packet comes from. A packet that is equal in all else, and of which the same is true, has the
 * same outcomes, since these do not name the source.
 */
export class Asked {
  readonly #source: bigint;
  readonly #tests: Test[] = [];
  #address = false;
  #port = false;

  constructor(source: bigint) {
    this.#source = source;
  }

  /** Asks something of an address, and remembers it where the address is the source. */
  of<T>(address: bigint, ask: (address: bigint) => T): T {
    const answer = ask(address);
    if (address === this.#source) this.#tests.push({ ask, answer });
    return answer;
  }

  /** Whether an address is the same as another one. */
  isSame(address: Numeric | null, other: Numeric | null): boolean {
    return typeof address === 'bigint' ? this.of(address, one => one === other) : address === other;
  }

  /** The source address was looked at in a way that no other one can be held against. */
  address(value: Numeric | null | undefined): void {
    if (value === this.#source) this.#address = true;
  }

  /** The source port was looked at. */
  port(): void {
    this.#port = true;
  }

  /** Whether all that was asked is true of another source as well; `isPort`: its port is the same. */
  holdsFor(source: bigint, isPort: boolean): boolean {
    if (this.#port && !isPort) return false;
    if (source === this.#source) return true;
    return !this.#address && this.#tests.every(({ ask, answer }) => ask(source) === answer);
  }
}
