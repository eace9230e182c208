import { dumpOf } from './iptables-dump.ts';
import { listingOf } from './iptables-list.ts';
import type { IptablesDump } from './iptables-records.ts';
import { scanRules } from './iptables-save.ts';

/**
 * Reads iptables-save and ip6tables-save (legacy and nft, with and without -c), `iptables -S [-v]`, and as well as it can
 * `iptables -L -n [-v] [--line-numbers]` (iptables/iptables-save.c, xshared.c); which it is, the text tells. A table
 * without its header is guessed and said to be. Lines are only found here; whether a rule can be read shows when
 * `parseIptablesRule` takes it. Never throws.
 */
export function parseIptables(text: string): IptablesDump {
  const listing = /^[ \t]*Chain \S+ \(/m.test(text.slice(0, 100_000)) ? listingOf(text) : null;
  return dumpOf(scanRules(text, listing));
}
