import type { Host } from '../analyse/trace/host.ts';
import { parsePrefix } from '../model/address.ts';
import { ipsets } from '../model/backends/ipset.ts';
import { iptablesTables } from '../model/backends/iptables.ts';
import { virtualServers } from '../model/backends/ipvs.ts';
import { nftTables } from '../model/backends/nftables.ts';
import type { VirtualServer } from '../model/rules.ts';
import { families } from '../model/stack.ts';
import { parseAddrs } from '../parse/addr.ts';
import { parseConntrack } from '../parse/conntrack.ts';
import { parseIpset } from '../parse/ipset.ts';
import { parseIptables } from '../parse/iptables.ts';
import { parseIpvsadm } from '../parse/ipvsadm.ts';
import { parseLinks } from '../parse/link.ts';
import { parseNftJson } from '../parse/nft-json.ts';
import type { Parser } from '../parse/records.ts';
import { parseRoutes } from '../parse/route.ts';
import { parseRules } from '../parse/rule.ts';
import { nodePath, type PodTarget, podPath } from '../parse/snapshot.ts';
import { parseSysctls } from '../parse/sysctl.ts';
import { parseXtRecent } from '../parse/xt-recent.ts';
import { HostParts } from './host-parts.ts';
import type { SectionReader } from './sections.ts';

/** What a snapshot says of a node's own network namespace; what could not be read is among the reader's gaps. */
export function hostOf(reader: SectionReader, node: string): Host {
  return read(reader, node, section => nodePath(node, section), undefined);
}

/** The same from inside a pod's network namespace, where most sections are absent: a pod seldom has rules of its own. */
export function podHostOf(reader: SectionReader, node: string, pod: PodTarget): Host {
  return read(reader, `${pod.namespace}/${pod.name}`, section => podPath(node, pod, section), 'optional');
}

function read(
  reader: SectionReader,
  name: string,
  path: (section: string) => string,
  optional: 'optional' | undefined,
): Host {
  const parts = new HostParts();
  const section: SectionReader['read'] = (file, parse) => reader.read(path(file), parse, optional);
  for (const flavour of ['legacy', 'nft'] as const) {
    for (const family of ['ip', 'ip6'] as const) {
      const dump = section(`${family}tables-save.${flavour}`, parseIptables);
      parts.iptables.push(...iptablesTables(dump, { backend: `iptables-${flavour}`, family, file: dump.path }));
    }
  }
  const nft = section('nft.json', parseNftJson);
  parts.nftables.push(...nftTables(nft.records, { file: nft.path }));
  section('ipset.save', text => {
    const parsed = parseIpset(text);
    const { sets, unread } = ipsets(parsed.records, { file: path('ipset.save') });
    parts.addSets(sets);
    return { ...parsed, unread: [...parsed.unread, ...unread] };
  });
  for (const file of ['ipvsadm.save', 'ip_vs.txt']) {
    const ipvs = reader.read(path(file), readVirtualServers(path(file)), file === 'ip_vs.txt' ? 'optional' : optional);
    if (ipvs.state !== 'absent') parts.addVirtualServers([...ipvs.records]);
    if (ipvs.state === 'whole') break;
  }
  const addrs = section('addr.json', parseAddrs);
  if (addrs.state !== 'absent') parts.addAddresses(addrs.records);
  parts.addLinks(section('link.json', parseLinks));
  for (const family of families) {
    const digit = family === 'IPv4' ? 4 : 6;
    parts.addRoutes(family, section(`route${digit}.json`, parseRoutes(family)));
    parts.addPolicies(family, section(`rule${digit}.json`, parseRules(family)));
  }
  const sysctls = reader.read(path('sysctl.txt'), parseSysctls, optional);
  for (const { key, value } of sysctls.records) parts.sysctls.set(key, value);
  // Only the entries of the pods that were asked for are collected, and none where there was no such pod.
  parts.addConntrack(reader.read(path('conntrack.txt'), parseConntrack, 'optional'));
  parts.recent = readRecent(reader, path('xt_recent/'));
  return parts.build(name).host;
}

function readVirtualServers(file: string): Parser<VirtualServer> {
  return text => {
    const parsed = parseIpvsadm(text);
    const { servers, unread } = virtualServers(parsed.records, { file });
    return { records: servers, unread: [...parsed.unread, ...unread], problem: parsed.problem };
  };
}

/** null where there is none: a snapshot does not say whether it was looked for. */
function readRecent(reader: SectionReader, folder: string): Map<string, Map<bigint, null>> | null {
  const paths = reader.list(folder);
  if (paths.length === 0) return null;
  return new Map(
    paths.map(path => {
      const addresses = reader.read(path, parseXtRecent).records.flatMap(({ address }) => {
        const value = parsePrefix(address)?.value;
        return value === undefined ? [] : [[value, null] as const];
      });
      return [path.slice(folder.length), new Map(addresses)];
    }),
  );
}
