import type { NamedSet } from '../../model/rules.ts';
import type { Host } from './host.ts';
import type { Routing } from './routing.ts';
import type { Choice } from './share.ts';
import type { Where } from './state.ts';

/** How many undecided matches may part one packet's ways before the trace gives up. */
const mostPartings = 512;

/** Thrown where ways part too often; the packet's outcome is then unknown. */
export class TooManyWays extends Error {}

/** Counts the unknown choices of one packet, on all hosts that it passes. */
export class Choices {
  private made = 0;

  next(ways: number): Choice {
    if (++this.made > mostPartings) throw new TooManyWays(`more than ${mostPartings} undecided matches on the way`);
    return { id: this.made, ways };
  }
}

/** What one trace has at hand: the host, and the count of its unknown choices. */
export class Context {
  readonly host: Host;
  readonly routing: Routing;
  /** The rule that is being evaluated. */
  where: Where = { hook: 'prerouting', table: null, chain: null, source: null };
  /** The outgoing interface that was given with the packet. */
  readonly out: string | null;
  private readonly choices: Choices;

  constructor(host: Host, routing: Routing, out: string | null, choices: Choices) {
    this.host = host;
    this.routing = routing;
    this.out = out;
    this.choices = choices;
  }

  choice(ways: number): Choice {
    return this.choices.next(ways);
  }

  ipset(name: string): NamedSet | undefined {
    return this.host.rules.ipsets.get(name);
  }
}
