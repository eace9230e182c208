import type { RuleSets } from '../model/service-chains.ts';
import type { NodeStack, Stack } from '../model/stack.ts';
import { parseAddrs } from '../parse/addr.ts';
import { parseBridgePorts, parseFdb } from '../parse/bridge.ts';
import { parseIptables } from '../parse/iptables.ts';
import { parseIpvsadm } from '../parse/ipvsadm.ts';
import { parseLinks } from '../parse/link.ts';
import { parseLsns } from '../parse/lsns.ts';
import { parseNeighbours } from '../parse/neigh.ts';
import { parseNftJson } from '../parse/nft-json.ts';
import { parseRoutes } from '../parse/route.ts';
import { parseRules } from '../parse/rule.ts';
import { nodePath } from '../parse/snapshot.ts';
import type { SectionReader } from './sections.ts';

/** What was read inside one network namespace; `path` gives the place of a section. */
export function readStack(reader: SectionReader, path: (section: string) => string, inode: number | null): Stack {
  return {
    links: reader.read(path('link.json'), parseLinks),
    addrs: reader.read(path('addr.json'), parseAddrs),
    routes: {
      IPv4: reader.read(path('route4.json'), parseRoutes('IPv4')),
      IPv6: reader.read(path('route6.json'), parseRoutes('IPv6')),
    },
    rules: {
      IPv4: reader.read(path('rule4.json'), parseRules('IPv4')),
      IPv6: reader.read(path('rule6.json'), parseRules('IPv6')),
    },
    neighbours: reader.read(path('neigh.json'), parseNeighbours),
    netns: reader.read(path('netns.json'), parseLsns),
    inode,
  };
}

/** What was read in the node's own network namespace. */
export function readNodeStack(reader: SectionReader, node: string, inode: number | null): NodeStack {
  return {
    ...readStack(reader, section => nodePath(node, section), inode),
    ports: reader.read(nodePath(node, 'bridge.json'), parseBridgePorts),
    fdb: reader.read(nodePath(node, 'fdb.json'), parseFdb),
  };
}

/** The node's rule sets, of every backend. */
export function readRuleSets(reader: SectionReader, node: string): RuleSets {
  const iptables = (['legacy', 'nft'] as const).flatMap(flavour =>
    (['IPv4', 'IPv6'] as const).map(family => ({
      backend: `iptables-${flavour}` as const,
      family,
      section: reader.read(nodePath(node, `${family === 'IPv4' ? 'ip' : 'ip6'}tables-save.${flavour}`), parseIptables),
    })),
  );
  return {
    iptables,
    nft: reader.read(nodePath(node, 'nft.json'), parseNftJson),
    ipvs: reader.read(nodePath(node, 'ipvsadm.save'), parseIpvsadm),
  };
}
