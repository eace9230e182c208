import type { RuleRecord } from '../parse/rule.ts';
import { canonical, parsePrefix } from './address.ts';
import type { Egress, Family, Note } from './report.ts';
import { destinationPrefix, lookup, type Target } from './routing.ts';
import { cite } from './section.ts';
import type { Stack } from './stack.ts';

/** Where packets come from that leave the node: a pod's addresses by the interface they enter by, or the node itself. */
export interface Origin {
  /** The families that there is an address of. */
  families: readonly Family[];
  source: (family: Family) => string | null;
  inputInterface: string | null;
}

/**
 * The ways out of the node, for the default destination and for each of `cidrs` (the other nodes' pod CIDRs), as its
 * rules and routes say. A way that several destinations share stands once.
 */
export function egressOf(node: Stack, origin: Origin, cidrs: readonly string[]): { egress: Egress[]; notes: Note[] } {
  const found = new Map<string, Egress>();
  const undecided = new Set<RuleRecord>();
  const notes: Note[] = [];
  for (const family of origin.families) {
    const from = origin.source(family);
    for (const destination of ['default', ...cidrs]) {
      const prefix = destinationPrefix(destination, family);
      if (prefix === null || prefix.family !== family) continue;
      const target: Target = {
        destination: prefix,
        source: from === null ? null : parsePrefix(from),
        inputInterface: origin.inputInterface,
      };
      const result = lookup(node, target);
      for (const rule of result.undecided) undecided.add(rule);
      const { route } = result;
      const section = node.routes[family];
      if (route === null) {
        // Only a whole table tells that there is none.
        if (section.state !== 'whole' || node.rules[family].state !== 'whole') continue;
        const text = `${family} traffic to ${destination} does not leave the node: its rules and routes lead nowhere`;
        notes.push({
          code: 'no-route',
          severity: 'warning',
          text,
          evidence: cite(node.rules[family], ...node.rules[family].records),
        });
        continue;
      }
      const common = {
        family,
        destination: route.destination,
        type: route.type,
        source: route.source === null ? null : canonical(route.source),
        table: route.table,
        evidence: cite(section, route),
      };
      const key = `${family} ${route.table} ${route.destination}`;
      if (discarding.has(route.type)) {
        const text = `${family} traffic to ${destination} is discarded on the node: the route ${route.destination} is of type ${route.type}`;
        notes.push({ code: 'egress-discarded', severity: 'warning', text, evidence: cite(section, route) });
        found.set(key, { ...common, interface: null, nextHop: null });
      } else if (route.type === 'unicast') {
        for (const { device, gateway } of route.nextHops) {
          if (device === null) continue;
          const nextHop = gateway === null ? null : canonical(gateway);
          found.set(`${key} ${device} ${gateway}`, { ...common, interface: device, nextHop });
        }
      }
    }
  }
  for (const rule of undecided) {
    const text = `the routing rule of priority ${rule.priority} selects on ${selectors(rule)}, which is not known here: the ways out are those of packets that it does not select`;
    notes.push({ code: 'rule-not-decided', severity: 'warning', text, evidence: cite(node.rules[rule.family], rule) });
  }
  return { egress: [...found.values()], notes };
}

/** Types of routes whose packets go no further (ip-route(8)). */
const discarding = new Set(['blackhole', 'unreachable', 'prohibit']);

function selectors(rule: RuleRecord): string {
  const mark = rule.fwmark === null ? [] : ['the packet mark'];
  return [...mark, ...rule.otherSelectors].join(', ') || 'the source address';
}
