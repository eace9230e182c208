import type { Random } from '../random.ts';
import { address, addressOrNetwork, type Domain, ports } from './domain.ts';
import type { Program } from './rule-lines.ts';

interface Place {
  random: Random;
  domain: Domain;
  /** The table's family is inet: NAT names the family. */
  inet: boolean;
  type: 'filter' | 'nat' | 'route';
  hook: string;
  chance: boolean;
}

type Make = (place: Place) => string;
type Weighted = readonly [number, Make, ((place: Place) => boolean)?];

const ip = (domain: Domain): string => (domain.family === 4 ? 'ip' : 'ip6');
const negated = (random: Random): string => (random.once(4) ? '!= ' : '');
const list = (items: readonly (string | number)[]): string => `{ ${[...new Set(items)].join(', ')} }`;
const names = ['"eth0"', '"eth1"', '"eth2"', '"cni0"', '"lo"', '"eth*"', '"nosuch0"'];
const devices = ['"eth0"', '"eth1"', '"eth2"', '"cni0"', '"lo"'];
const comesIn = (hook: string): boolean => ['prerouting', 'input', 'forward'].includes(hook);
const goesOut = (hook: string): boolean => ['forward', 'output', 'postrouting'].includes(hook);

function addresses({ random, domain }: Place, side: string): string {
  const left = `${ip(domain)} ${side}`;
  const one = () => address(random, domain);
  return random.pick([
    `${left} ${negated(random)}${one()}`,
    `${left} ${negated(random)}${addressOrNetwork(random, domain).replace(/^(.*)\/0$/, domain.family === 4 ? '10.0.0.0/9' : 'fd00::/9')}`,
    `${left} ${negated(random)}${list([one(), one(), one()])}`,
    `${left} ${negated(random)}@addresses`,
    `${left} ${negated(random)}@networks`,
    domain.family === 4 ? `${left} ${negated(random)}10.1.0.0-10.2.0.2` : `${left} ${negated(random)}fd01::-fd02::2`,
  ]);
}

function portMatch({ random }: Place): string {
  const left = `${random.pick(['tcp', 'tcp', 'udp', 'udp', 'sctp', 'th'])} ${random.pick(['dport', 'dport', 'dport', 'sport'])}`;
  const needs = left.startsWith('th') ? `meta l4proto ${list(['tcp', 'udp', 'sctp'])} ` : '';
  return `${needs}${random.pick([
    `${left} ${negated(random)}${random.pick(ports)}`,
    `${left} ${negated(random)}${list(random.some(ports, 3))}`,
    `${left} ${negated(random)}80-8080`,
    `${left} ${random.pick(['<', '>', '<=', '>='])} ${random.pick([443, 8080, 20_000])}`,
  ])}`;
}

function concatenation({ random, domain }: Place): string {
  const to = () => address(random, domain);
  const protocol = random.pick(['tcp', 'udp']);
  return random.pick([
    `${ip(domain)} daddr . ${protocol} dport ${list([`${to()} . 80`, `${to()} . 443`, `${to()} . 8080`])}`,
    `${ip(domain)} daddr . meta l4proto . th dport ${negated(random)}@services`,
    `${ip(domain)} saddr . ${ip(domain)} daddr ${list([`${to()} . ${to()}`, `${to()} . ${to()}`])}`,
    `meta l4proto . th dport ${list(['tcp . 80', 'udp . 53', 'tcp . 443', 'sctp . 80'])}`,
    `iifname . ${ip(domain)} daddr ${list([`"eth1" . ${to()}`, `"eth2" . ${to()}`, `"eth0" . ${to()}`])}`,
  ]);
}

function ct({ random, domain }: Place): string {
  const states = random.some(['new', 'established', 'related', 'invalid', 'untracked'], random.between(1, 3)).join(',');
  return random.pick([
    `ct state ${negated(random)}${states}`,
    `ct state ${negated(random)}${states}`,
    `ct status ${negated(random)}${random.pick(['dnat', 'snat', 'confirmed', 'dnat,snat'])}`,
    `ct status & dnat ${random.pick(['==', '!='])} dnat`,
    `ct direction ${random.pick(['original', 'reply'])}`,
    `ct mark ${random.pick(['0x0', '0x1', '0x100', '0x4000'])}`,
    `ct mark & 0x4000 ${random.pick(['==', '!='])} 0x4000`,
    `ct original ${ip(domain)} daddr ${negated(random)}${address(random, domain)}`,
    `meta l4proto tcp ct original proto-dst ${negated(random)}${random.pick(ports)}`,
    `ct reply ${ip(domain)} saddr ${negated(random)}${address(random, domain)}`,
  ]);
}

function fib({ random, hook }: Place): string {
  const types = random.some(['local', 'unicast', 'broadcast', 'multicast', 'blackhole', 'unreachable'], 2);
  return random.pick([
    `fib daddr type ${negated(random)}local`,
    `fib daddr type ${negated(random)}local`,
    `fib saddr type ${negated(random)}local`,
    `fib daddr type ${negated(random)}${list(types)}`,
    ...(comesIn(hook)
      ? [
          `fib saddr . iif oif ${random.pick(['0', '!= 0'])}`,
          `fib daddr . iif type ${negated(random)}local`,
          `fib saddr . mark . iif oif ${random.pick(['0', '!= 0'])}`,
          `fib daddr oifname ${negated(random)}${random.pick(devices)}`,
        ]
      : []),
    ...(hook === 'output' || hook === 'postrouting' ? [`fib daddr . oif type ${negated(random)}local`] : []),
  ]);
}

function device({ random, hook }: Place): string {
  const way = comesIn(hook)
    ? goesOut(hook)
      ? random.pick(['iifname', 'oifname'])
      : random.pick(['iifname', 'iifname', 'oifname'])
    : random.pick(['oifname', 'oifname', 'iifname']);
  return random.once(3)
    ? `${way} ${negated(random)}${list(random.some(devices, 2))}`
    : random.once(6)
      ? `${way.replace('name', '')} ${negated(random)}${random.pick(devices)}`
      : `${way} ${negated(random)}${random.pick(names)}`;
}

const matches: readonly Weighted[] = [
  [4, place => addresses(place, 'daddr')],
  [3, place => addresses(place, 'saddr')],
  [5, portMatch],
  [3, concatenation],
  [4, ct],
  [3, fib],
  [3, device],
  [
    2,
    ({ random }) =>
      `meta mark ${random.pick(['0x0', '!= 0x0', '0x1', '0x100', '0x4000', '{ 0x1, 0x4000, 0x100 }', '0x1-0x200'])}`,
  ],
  [
    2,
    ({ random }) =>
      `meta mark & ${random.pick(['0x4000 == 0x4000', '0x4000 != 0x4000', '0x100 != 0x0', '0xff == 0x0', '0xf0 == 0x10'])}`,
  ],
  [
    1,
    ({ random }) =>
      `meta l4proto ${negated(random)}${random.pick(['tcp', 'udp', list(['tcp', 'udp']), 'sctp', 'esp'])}`,
  ],
  [
    1,
    ({ random, domain }) =>
      domain.family === 4
        ? `icmp type ${random.pick(['echo-request', 'echo-reply', '{ echo-request, redirect }'])}`
        : `icmpv6 type ${random.pick(['echo-request', 'echo-reply', '{ echo-request, nd-redirect }'])}`,
  ],
  [
    1,
    ({ random, domain }) =>
      domain.family === 4
        ? `ip protocol ${random.pick(['tcp', 'udp', 'icmp'])}`
        : `ip6 nexthdr ${random.pick(['tcp', 'udp', 'icmpv6'])}`,
  ],
  [1, ({ random }) => `meta nfproto ${random.pick(['ipv4', 'ipv6'])}`, ({ inet }) => inet],
  [1, ({ random }) => `meta pkttype ${random.pick(['host', 'unicast', '!= broadcast', 'multicast'])}`],
  [1, () => 'limit rate 10000/second burst 10000 packets'],
  [1, ({ random }) => `tcp flags ${random.pick(['syn', '& (syn|ack) == syn', '!= syn'])}`],
  [2, ({ random }) => `numgen random mod ${random.pick(['2 == 0', '3 1', '10 < 5'])}`, ({ chance }) => chance],
];

function reject({ random, domain, inet }: Place): string {
  const options = ['reject', 'meta l4proto tcp reject with tcp reset'];
  if (inet)
    options.push(
      `reject with icmpx ${random.pick(['port-unreachable', 'admin-prohibited', 'no-route', 'host-unreachable'])}`,
    );
  else if (domain.family === 4)
    options.push(
      `reject with icmp ${random.pick(['port-unreachable', 'host-unreachable', 'net-prohibited', 'admin-prohibited', 'prot-unreachable'])}`,
    );
  else
    options.push(
      `reject with icmpv6 ${random.pick(['port-unreachable', 'no-route', 'admin-prohibited', 'addr-unreachable', 'policy-fail'])}`,
    );
  return random.pick(options);
}

function marking({ random, domain, type }: Place): string {
  return random.pick([
    `meta mark set ${random.pick(['0x1', '0x100', '0x200', '0x4000'])}`,
    `meta mark set ${random.pick(['0x1', '0x100', '0x200', '0x4000'])}`,
    `meta mark set meta mark | ${random.pick(['0x4000', '0x100'])}`,
    'meta mark set meta mark & 0xffffbfff',
    'meta mark set meta mark ^ 0x4000',
    'meta mark set meta mark & 0xffff00ff | 0x100',
    'ct mark set meta mark',
    'meta mark set ct mark',
    `ct mark set ${random.pick(['0x1', '0x4000'])}`,
    'meta mark set ct mark & 0x4000',
    `meta mark set ${ip(domain)} daddr map @daddr-mark`,
    ...(type === 'filter' ? ['meta priority set 1:2'] : []),
  ]);
}

const withPort = (domain: Domain, to: string, port: string | number): string =>
  domain.family === 4 ? `${to}:${port}` : `[${to}]:${port}`;

function nat({ random, domain, inet, hook, chance }: Place): string {
  const family = inet ? ` ${ip(domain)}` : '';
  const to = () => address(random, domain);
  const withPorts = `meta l4proto ${list(['tcp', 'udp', 'sctp'])}`;
  if (hook === 'prerouting' || hook === 'output') {
    return random.pick([
      `dnat${family} to ${to()}`,
      `${withPorts} counter dnat${family} to ${withPort(domain, to(), random.pick(ports))}`,
      `${withPorts} counter dnat${family} to ${withPort(domain, to(), random.pick(ports))}`,
      `${withPorts} counter dnat to :${random.pick(ports)}`,
      'redirect',
      `${withPorts} counter redirect to :${random.pick(ports)}`,
      `${withPorts} dnat ${ip(domain)} to ${ip(domain)} daddr . th dport map @targets`,
      `dnat${family} to ${ip(domain)} daddr map ${list([`${domain.elsewhere[0]} : ${to()}`, `${domain.elsewhere[1]} : ${to()}`])}`,
      ...(chance
        ? [
            `${withPorts} dnat ${ip(domain)} to numgen random mod 2 map ${list([`0 : ${domain.remote[0]} . 80`, `1 : ${domain.remote[1]} . 8080`])}`,
            `dnat${family} to numgen random mod 3 map ${list([`0 : ${to()}`, `1 : ${to()}`, `2 : ${to()}`])}`,
          ]
        : []),
    ]);
  }
  const source = random.pick([...domain.local, ...domain.elsewhere.slice(0, 2)]);
  return random.pick([
    `snat${family} to ${source}`,
    `${withPorts} snat${family} to ${withPort(domain, source, '61000-61999')}`,
    ...(hook === 'postrouting'
      ? ['masquerade', 'masquerade', 'masquerade random,fully-random', `${withPorts} masquerade to :62000-62999`]
      : []),
  ]);
}

function verdictMap({ random, domain }: Place, jumps: readonly string[]): string {
  const verdict = () =>
    random.pick([
      'accept',
      'return',
      'continue',
      'drop',
      ...jumps.flatMap(chain => [`jump ${chain}`, `goto ${chain}`]),
    ]);
  const to = () => address(random, domain);
  return random.pick([
    `${ip(domain)} daddr vmap ${list([`${to()} : ${verdict()}`])}`,
    `tcp dport vmap ${list([`80 : ${verdict()}`, `443 : ${verdict()}`, `8080-8443 : ${verdict()}`])}`,
    `ct state vmap ${list([`established : ${verdict()}`, `related : ${verdict()}`, `new : ${verdict()}`, `invalid : ${verdict()}`])}`,
    `iifname vmap ${list([`"eth1" : ${verdict()}`, `"cni0" : ${verdict()}`, `"lo" : ${verdict()}`])}`,
    `${ip(domain)} daddr . meta l4proto . th dport vmap ${list([`${to()} . tcp . 80 : ${verdict()}`, `${to()} . udp . 53 : ${verdict()}`])}`,
    `meta mark vmap ${list([`0x0 : ${verdict()}`, `0x4000 : ${verdict()}`])}`,
    `meta l4proto vmap ${list([`tcp : ${verdict()}`, `udp : ${verdict()}`, `icmp : ${verdict()}`])}`,
  ]);
}

const notNat = ({ type }: Place): boolean => type !== 'nat';

const statements: readonly Weighted[] = [
  [3, () => 'accept'],
  [1, () => 'drop', notNat],
  [2, () => 'return'],
  [1, () => 'continue'],
  [1, () => 'log prefix "a b"'],
  [1, reject, ({ type, hook }) => type === 'filter' && hook !== 'postrouting'],
  [4, marking],
  [2, () => 'notrack', ({ type, hook }) => type === 'filter' && (hook === 'prerouting' || hook === 'output')],
  [8, nat, ({ type }) => type === 'nat'],
];

function weighted(place: Place, items: readonly Weighted[]): string {
  const possible = items
    .filter(([, , when]) => when?.(place) ?? true)
    .flatMap(([weight, make]) => Array<Make>(weight).fill(make));
  return place.random.pick(possible)(place);
}

const protocolWords = /\b(tcp|udp|sctp|th|icmp|icmpv6|esp|nexthdr|nfproto)\b/;

function rule(place: Place, jumps: readonly string[]): string {
  const { random } = place;
  const parts = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => weighted(place, matches));
  if (random.once(7)) parts.push(verdictMap(place, jumps));
  // nft refuses two protocols in one rule.
  if (parts.filter(part => protocolWords.test(part)).length > 1) return rule(place, jumps);
  if (parts.at(-1)?.includes('vmap')) return parts.join(' ');
  const jump = jumps.length > 0 && random.once(3) ? `${random.once(4) ? 'goto' : 'jump'} ${random.pick(jumps)}` : null;
  const last = jump ?? weighted(place, statements);
  if (parts.length === 0 && /^(drop|reject)/.test(last)) return rule(place, jumps);
  // The counter stands where all that asks for something has been asked.
  const [, needs = '', does = last] = /^(meta l4proto (?:\{[^}]*\}|\S+) )(.*)$/.exec(last) ?? [];
  return [...parts, `${needs}${/counter|map/.test(does) ? '' : 'counter '}${does}`].join(' ');
}

const bases: readonly { type: Place['type']; hook: string; priorities: readonly number[] }[] = [
  { type: 'filter', hook: 'prerouting', priorities: [-300, -190, -150, -110, 0, 10] },
  { type: 'filter', hook: 'input', priorities: [-150, 0, 10, 150] },
  { type: 'filter', hook: 'forward', priorities: [-150, -10, 0, 10] },
  { type: 'filter', hook: 'output', priorities: [-300, -150, -110, -90, 0, 10] },
  { type: 'filter', hook: 'postrouting', priorities: [-150, 0, 150] },
  { type: 'route', hook: 'output', priorities: [-150, -50, 10] },
  { type: 'nat', hook: 'prerouting', priorities: [-100, -101, 50] },
  { type: 'nat', hook: 'output', priorities: [-100, -99] },
  { type: 'nat', hook: 'postrouting', priorities: [100, 99] },
  { type: 'nat', hook: 'input', priorities: [100] },
];

/** The sets and maps that rules may name. */
function sets(random: Random, domain: Domain): string[] {
  const type = domain.family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const some = (items: readonly string[], count: number) => random.some([...new Set(items)], count).join(', ');
  const everyone = [...domain.remote, ...domain.local, ...domain.elsewhere];
  const networks =
    domain.family === 4
      ? ['10.1.0.0/24', '10.4.0.0/16', '203.0.113.0/24', '10.2.0.2-10.2.0.9']
      : ['fd01::/64', 'fd04::/32', '2001:db8::/48', 'fd02::2-fd02::9'];
  const services = random
    .some(everyone, 6)
    .map((to, index) => `${to} . ${['tcp', 'udp', 'sctp'][index % 3]} . ${ports[index % ports.length]}`);
  const targets = random
    .some(everyone, 6)
    .map((to, index) => `${to} . ${ports[index % 2]} : ${random.pick(domain.remote)} . ${random.pick(ports)}`);
  return [
    `set addresses { type ${type}; elements = { ${some(everyone, 5)} } }`,
    `set networks { type ${type}; flags interval; elements = { ${some(networks, 3)} } }`,
    `set services { type ${type} . inet_proto . inet_service; elements = { ${services.join(', ')} } }`,
    `map targets { type ${type} . inet_service : ${type} . inet_service; elements = { ${targets.join(', ')} } }`,
    `map daddr-mark { type ${type} : mark; elements = { ${random
      .some(everyone, 4)
      .map(to => `${to} : ${random.pick(['0x1', '0x100', '0x4000'])}`)
      .join(', ')} } }`,
  ];
}

/** One or two tables for `nft -f`. `apart`: with priorities that iptables does not use. */
export function nftablesProgram(
  random: Random,
  domain: Domain,
  { chance, apart }: { chance: boolean; apart: boolean },
): Program {
  const text: Program['text'][number][] = [];
  for (const table of random.once(2) ? ['first'] : ['first', 'second']) {
    const inet = random.once(2);
    text.push(`table ${inet ? 'inet' : ip(domain)} ${table} {`, ...sets(random, domain));
    for (const { type, hook, priorities } of random.some(bases, random.between(2, 6))) {
      const name = `${type}-${hook}`;
      const place: Place = { random, domain, inet, type, hook, chance };
      const chains = Array.from({ length: random.pick([0, 1, 2, 3]) }, (_, index) => `${name}-${index + 1}`);
      // Later ones first: a chain must be there before it is jumped to.
      for (const [index, chain] of [name, ...chains].entries()) {
        const base =
          index > 0
            ? []
            : [
                `type ${type} hook ${hook} priority ${random.pick(priorities) + (apart ? 3 : 0)}; policy ${type === 'filter' && random.once(10) ? 'drop' : 'accept'};`,
              ];
        const rules = Array.from({ length: random.between(index === 0 ? 1 : 0, 6) }, () =>
          rule(place, chains.slice(index)),
        );
        text.push(`chain ${chain} {`, ...base, { rules }, '}');
      }
    }
    text.push('}');
  }
  return { loader: 'nft', text };
}
