import type { Section } from '../../src/model/section.ts';
import type { NodeStack } from '../../src/model/stack.ts';
import { parseAddrs } from '../../src/parse/addr.ts';
import { parseBridgePorts, parseFdb } from '../../src/parse/bridge.ts';
import { parseLinks } from '../../src/parse/link.ts';
import { parseLsns } from '../../src/parse/lsns.ts';
import { parseNeighbours } from '../../src/parse/neigh.ts';
import type { Parser } from '../../src/parse/records.ts';
import { parseRoutes } from '../../src/parse/route.ts';
import { parseRules } from '../../src/parse/rule.ts';
import { fixture } from '../parse/fixture.ts';

/** A whole section with these records. */
export function whole<T>(records: readonly T[], path = 'test'): Section<T> {
  return { path, command: null, records, state: 'whole' };
}

/** A recorded network namespace of test/parse/fixtures, as its sections say. */
export function recordedStack(folder: string): NodeStack {
  const read = <T>(file: string, parse: Parser<T>) =>
    whole(parse(fixture(`${folder}/${file}`)).records, `${folder}/${file}`);
  const onNode = folder === 'node';
  const netns = read('netns.json', parseLsns);
  return {
    links: read('link.json', parseLinks),
    addrs: read('addr.json', parseAddrs),
    routes: { IPv4: read('route4.json', parseRoutes('IPv4')), IPv6: read('route6.json', parseRoutes('IPv6')) },
    rules: { IPv4: read('rule4.json', parseRules('IPv4')), IPv6: read('rule6.json', parseRules('IPv6')) },
    neighbours: read('neigh.json', parseNeighbours),
    ports: onNode ? read('bridge.json', parseBridgePorts) : whole([]),
    fdb: onNode ? read('fdb.json', parseFdb) : whole([]),
    netns,
    inode: netns.records.find(({ nsfs }) => nsfs === `/run/netns/ni-fix-${folder.replace('pod-', '')}`)?.inode ?? null,
  };
}
