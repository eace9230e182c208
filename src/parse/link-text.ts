import { type AddrRecord, readAddr } from './addr.ts';
import { type IpLines, ipObjects, parseIpText, wordValue } from './ip-text.ts';
import type { JsonObject } from './json.ts';
import { type LinkRecord, readLink } from './link.ts';
import type { Parsed } from './records.ts';

/** Reads the text of `ip [-d] link` or `ip addr` (iproute2 ip/ipaddress.c print_linkinfo); what only -d tells is null without it. */
export function parseLinkText(text: string): Parsed<LinkRecord> {
  return parseIpText(text, linkEntry, readLink);
}

/** Reads the text of `ip addr`, one interface a record, also of -oneline, where each address repeats its interface. */
export function parseAddrText(text: string): Parsed<AddrRecord> {
  const oneline = ipObjects(text).some(({ words }) => words[2] === 'inet' || words[2] === 'inet6');
  if (!oneline) return parseIpText(text, (words, object) => addrEntry(words, object.raw.split('\n')), readAddr);
  const each = parseIpText(text, (words, { raw }) => onelineEntry(words, raw), readAddr);
  const byIndex = new Map<number, AddrRecord>();
  for (const { index, name, raw, addresses } of each.records) {
    const first = byIndex.get(index);
    const joined = first === undefined ? raw : `${first.raw}\n${raw}`;
    byIndex.set(index, { index, name, raw: joined, addresses: [...(first?.addresses ?? []), ...addresses] });
  }
  return { ...each, records: [...byIndex.values()] };
}

/** `2: eth0@if7: <UP> mtu 1500 …`: the other end is a name, or an index in another namespace. */
function heading(words: readonly string[]): Record<string, unknown> | null {
  const index = /^(\d+):$/.exec(words[0] ?? '');
  const name = /^([^@]+)(?:@(?:if(\d+)|(\S+)))?:?$/.exec((words[1] ?? '').replace(/:$/, ''));
  if (index === null || name === null) return null;
  return {
    ifindex: Number(index[1]),
    ifname: name[1],
    ...(name[2] === undefined ? {} : { link_index: Number(name[2]) }),
    ...(name[3] === undefined || name[3] === 'NONE' ? {} : { link: name[3] }),
  };
}

const noHeading = 'not "INDEX: NAME: <FLAGS>"';

function linkEntry(words: readonly string[], { raw }: IpLines): JsonObject | string {
  const head = heading(words);
  const flags = /^<(.*)>$/.exec(words[2] ?? '');
  if (head === null || flags === null) return noHeading;
  const lines = raw.split(/\n|\\/);
  const first = lines[0]?.trim().split(/\s+/) ?? [];
  const after = (list: readonly string[], word: string) => {
    const at = list.indexOf(word);
    return at === -1 ? undefined : list[at + 1];
  };
  const link = /^link\/(\S+)(?:\s+(\S+))?/.exec(
    lines.map(line => line.trim()).find(line => line.startsWith('link/')) ?? '',
  );
  const netns = words.indexOf('link-netnsid');
  const detail = lines.slice(2).map(line => line.trim().split(/\s+/));
  const port = detail.find(([word]) => word === 'bridge_slave');
  const kind = detail.find(([word = '']) => word !== '' && !/_slave$/.test(word) && !notKinds.test(word));
  return {
    ...head,
    flags: flags[1]?.split(',').filter(flag => flag !== '') ?? [],
    mtu: wordValue(after(first, 'mtu')),
    operstate: after(first, 'state'),
    ...(after(first, 'master') === undefined ? {} : { master: after(first, 'master') }),
    link_type: link?.[1],
    ...(link?.[2] === undefined || !/^[\da-f.:]+$/i.test(link[2]) ? {} : { address: link[2] }),
    ...(netns === -1 ? {} : { link_netnsid: wordValue(words[netns + 1]) }),
    ...(kind === undefined && port === undefined
      ? {}
      : {
          linkinfo: {
            ...(kind === undefined ? {} : { info_kind: kind[0], ...tunnelData(kind) }),
            ...(port === undefined ? {} : { info_slave_data: { hairpin: after(port, 'hairpin') === 'on' } }),
          },
        }),
  };
}

/** What else may begin a line below an interface. */
const notKinds = /^(inet6?|valid_lft|alias|altname|link-netns|link-netnsid|RX:|TX:|RX|TX|\d+|vf|prog|xdp)$|^link\//;

/** The kinds with data in JSON; their words and JSON's names for them. */
const tunnelKinds =
  /^(vxlan|geneve|gre|gretap|ip6gre|ip6gretap|ipip|sit|ip6tnl|vti|vti6|bridge|vlan|macvlan|ipvlan|bond|vrf|tun)$/;
const tunnelKeys: Readonly<Record<string, string>> = {
  id: 'id',
  dstport: 'port',
  local: 'local',
  remote: 'remote',
  group: 'group',
  dev: 'link',
};

function tunnelData([kind = '', ...words]: readonly string[]): { info_data?: JsonObject } {
  if (!tunnelKinds.test(kind)) return {};
  const data: Record<string, unknown> = {};
  for (const [at, word] of words.entries()) {
    const key = Object.hasOwn(tunnelKeys, word) ? tunnelKeys[word] : undefined;
    if (key !== undefined && !(key in data)) data[key] = wordValue(words[at + 1]);
  }
  return { info_data: data };
}

function addrEntry(words: readonly string[], lines: readonly string[]): JsonObject | string {
  const head = heading(words);
  if (head === null || !words[2]?.startsWith('<')) return noHeading;
  return { ...head, addr_info: lines.flatMap(line => addrInfo(line.trim().split(/\s+/))) };
}

function onelineEntry(words: readonly string[], raw: string): JsonObject | string {
  const head = heading(words);
  return head === null
    ? noHeading
    : { ...head, addr_info: addrInfo(raw.split('\\')[0]?.trim().split(/\s+/).slice(2) ?? []) };
}

/** `inet 10.0.0.1/24 … scope global …`; of a peer, the length is that of the peer's address. */
function addrInfo(words: readonly string[]): JsonObject[] {
  const [family, address = ''] = words;
  if (family !== 'inet' && family !== 'inet6') return [];
  const peer = words[2] === 'peer' ? words[3] : undefined;
  const [local, own] = address.split('/');
  const length = peer?.split('/')[1] ?? own ?? (family === 'inet' ? '32' : '128');
  const scope = words[words.indexOf('scope') + 1];
  return [{ family, local, prefixlen: Number(length), scope }];
}
