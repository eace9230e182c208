import type { Host, HostAddress } from '../analyse/trace/host.ts';
import { parsePrefix } from '../model/address.ts';
import type { Family } from '../model/report.ts';
import type { NamedSet, Table, VirtualServer } from '../model/rules.ts';
import type { Section } from '../model/section.ts';
import { liveTables } from '../model/tables.ts';
import type { AddrRecord } from '../parse/addr.ts';
import type { ConntrackRecord } from '../parse/conntrack.ts';
import type { LinkRecord } from '../parse/link.ts';
import type { RouteRecord } from '../parse/route.ts';
import type { RuleRecord } from '../parse/rule.ts';

/** What the dumps of one network namespace say, gathered dump by dump. */
export class HostParts {
  readonly iptables: Table[] = [];
  readonly nftables: Table[] = [];
  /** Tables of iptables-nft as nft shows them, with rules that it cannot show whole. */
  readonly keptByIptables = new Set<Table>();
  readonly sysctls = new Map<string, string>();
  recent: Map<string, Map<bigint, number | null>> | null = null;
  readonly #ipsets = new Map<string, NamedSet>();
  #ipvs: VirtualServer[] | null = null;
  #addresses: HostAddress[] | null = null;
  #links: Section<LinkRecord> | null = null;
  #linksOfAddrs: Section<LinkRecord> | null = null;
  #conntrack: Section<ConntrackRecord> | null = null;
  readonly #routes: Record<Family, Section<RouteRecord> | null> = { IPv4: null, IPv6: null };
  readonly #policies: Record<Family, Section<RuleRecord> | null> = { IPv4: null, IPv6: null };

  /** A set that two dumps have is taken from the one that has its elements. */
  addSets(sets: ReadonlyMap<string, NamedSet>): void {
    for (const [name, set] of sets) if (!this.#ipsets.get(name)?.elements) this.#ipsets.set(name, set);
  }

  /** Of two listings of the same kernel, the one that says how it schedules is taken. */
  addVirtualServers(servers: VirtualServer[]): void {
    if (this.#ipvs === null || this.#ipvs.every(({ scheduler }) => scheduler === null)) this.#ipvs = servers;
  }

  addAddresses(records: readonly AddrRecord[]): void {
    this.#addresses ??= [];
    for (const { name, addresses } of records) {
      for (const { family, address, prefixLength } of addresses) {
        const value = parsePrefix(address)?.value;
        if (value !== undefined) this.#addresses.push({ family, address: value, prefixLength, interface: name });
      }
    }
  }

  addLocal(address: HostAddress): void {
    this.#addresses ??= [];
    this.#addresses.push(address);
  }

  addLinks(section: Section<LinkRecord>): void {
    this.#links = joined(this.#links, section);
  }

  /** Interfaces as `ip addr` shows them, which says less than `ip -details link`: taken where there is nothing else. */
  addLinksOfAddrs(section: Section<LinkRecord>): void {
    this.#linksOfAddrs = joined(this.#linksOfAddrs, section);
  }

  addRoutes(family: Family, section: Section<RouteRecord>): void {
    this.#routes[family] = joined(this.#routes[family], section);
  }

  addPolicies(family: Family, section: Section<RuleRecord>): void {
    this.#policies[family] = joined(this.#policies[family], section);
  }

  addConntrack(section: Section<ConntrackRecord>): void {
    this.#conntrack = joined(this.#conntrack, section);
  }

  /** The host that they make, and what had to be left out. */
  build(name: string | null): { host: Host; problems: string[] } {
    const { tables, problems } = liveTables(this.iptables, this.nftables);
    const host: Host = {
      name,
      rules: { tables, ipsets: this.#ipsets, ipvs: this.#ipvs, recent: this.recent },
      addresses: this.#addresses,
      links: this.#links ?? this.#linksOfAddrs,
      routes: this.#routes,
      policies: this.#policies,
      sysctls: this.sysctls,
      conntrack: this.#conntrack,
    };
    const hidden = tables.filter(table => this.keptByIptables.has(table)).map(hiddenRules);
    return { host, problems: [...problems, ...hidden] };
  }
}

function hiddenRules({ file, family, name }: Table): string {
  return `${file}: table ${family} ${name} is kept by iptables-nft, and nft does not show all of its rules: give iptables-save of the same moment, too`;
}

const states = ['absent', 'partial', 'whole'] as const;

/** null where it is not known at all. */
function joined<T>(first: Section<T> | null, second: Section<T>): Section<T> | null {
  if (second.state === 'absent') return first;
  if (first === null) return second;
  const state = states[Math.min(states.indexOf(first.state), states.indexOf(second.state))] ?? 'partial';
  const records = [...first.records, ...second.records];
  return { path: `${first.path}, ${second.path}`, command: first.command, records, state };
}
