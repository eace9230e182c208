import { portByName } from './service-names.ts';

/** A row's columns; `target` is empty for a rule that only counts. */
export interface Cells {
  /** `[packets:bytes] `, or nothing where they are not shown exactly. */
  counters: string;
  target: string;
  protocol: string;
  fragment: string;
  /** null: not shown. */
  in: string | null;
  out: string | null;
  source: string;
  destination: string;
  /** What matches and target say, in their own words. */
  rest: string;
}

type Phrase = readonly [
  RegExp,
  (found: readonly (string | undefined)[], target: string) => { match?: string; target?: string },
];

const bang = (sign: string | undefined): string => (sign === undefined || sign === '' ? '' : '! ');
const match = (words: string) => ({ match: words });
const option = (words: string) => ({ target: words });
const nothing = () => ({});

/** Without -n ports have names. One that is not known stays, and makes the rule unreadable. */
const inNumbers = (ports = ''): string => ports.replace(/[a-zA-Z][\w.+-]*/g, name => String(portByName(name) ?? name));

const markForms: Readonly<Record<string, string>> = {
  set: '--set-mark',
  xset: '--set-xmark',
  and: '--and-mark',
  or: '--or-mark',
  xor: '--xor-mark',
};
const recentForms: Readonly<Record<string, string>> = {
  SET: '--set',
  CHECK: '--rcheck',
  UPDATE: '--update',
  REMOVE: '--remove',
};
const natForms: Readonly<Record<string, string>> = { DNAT: '--to-destination', SNAT: '--to-source', NETMAP: '--to' };

/** What matches and targets print in a listing (the `print` of each iptables/extensions/*.c), and what it is in options. */
const phrases: readonly Phrase[] = [
  [/\/\* (.*?) \*\//y, ([, text = '']) => match(`-m comment --comment "${text.replace(/["\\]/g, '\\$&')}"`)],
  [/\[goto\]/y, nothing],
  [/(tcp|udp|udplite|sctp|dccp)\b/y, ([, name]) => match(`-m ${name}`)],
  [/([sd])pts?:(!)?(\S+)/y, ([, side, not, ports]) => match(`${bang(not)}--${side}port ${inNumbers(ports)}`)],
  [/flags:(!)?(\S+)\/(\S+)/y, ([, not, mask, set]) => match(`${bang(not)}--tcp-flags ${mask} ${set}`)],
  [
    /(icmp|ipv6-icmp) ?(!)?type (\d+)(?: code (\d+))?/y,
    ([, name, not, type, code]) =>
      match(
        `-m ${name} ${bang(not)}--icmp${name === 'icmp' ? '' : 'v6'}-type ${type}${code === undefined ? '' : `/${code}`}`,
      ),
  ],
  [
    /(icmp|ipv6-icmp) (!)?([a-z][a-z-]+)/y,
    ([, name, not, type]) => match(`-m ${name} ${bang(not)}--icmp${name === 'icmp' ? '' : 'v6'}-type ${type}`),
  ],
  [
    /(! ?)?(ct(?:state|dir|status|proto|(?:orig|repl)(?:src|dst)(?:port)?)) (\S+)/y,
    ([, not, name, value]) => match(`-m conntrack ${bang(not)}--${name} ${value}`),
  ],
  [/(! ?)?state (\S+)/y, ([, not, value]) => match(`-m state ${bang(not)}--state ${value}`)],
  [
    /(conn)?mark match\s+(!)?\s*(\S+)/iy,
    ([, conn = '', not, value]) => match(`-m ${conn.toLowerCase()}mark ${bang(not)}--mark ${value}`),
  ],
  [/(?:CONN)?MARK (set|xset|and|or|xor) (\S+)/y, ([, form = '', value]) => option(`${markForms[form]} ${value}`)],
  [/CONNMARK (save|restore)(?! mask| nfmask)/y, ([, form]) => option(`--${form}-mark`)],
  [/CONNMARK (save|restore) mask (\S+)/y, ([, form, mask]) => option(`--${form}-mark --mask ${mask}`)],
  [/to:(\S+)/y, ([, to], target) => option(`${natForms[target] ?? '--to'} ${to}`)],
  [/(?:masq|redir) ports:? (\S+)/y, ([, ports]) => option(`--to-ports ${ports}`)],
  [/(random-fully|random|persistent)\b/y, ([, name]) => option(`--${name}`)],
  [/reject-with (\S+)/y, ([, name]) => option(`--reject-with ${name}`)],
  [/ADDRTYPE match/y, () => match('-m addrtype')],
  [/(src|dst)-type (!)?(\S+)/y, ([, side, not, types]) => match(`${bang(not)}--${side}-type ${types}`)],
  [/limit-(in|out)\b/y, ([, side]) => match(`--limit-iface-${side}`)],
  [
    /statistic mode (\S+)( !)? probability (\S+)/y,
    ([, mode, not, share]) => match(`-m statistic --mode ${mode} ${bang(not)}--probability ${share}`),
  ],
  [
    /statistic mode nth( !)? every (\d+)(?: packet (\d+))?/y,
    ([, not, every, packet = '0']) => match(`-m statistic --mode nth ${bang(not)}--every ${every} --packet ${packet}`),
  ],
  [
    /multiport (sports|dports|ports)\s+(!)?\s*(\S+)/y,
    ([, side, not, ports]) => match(`-m multiport ${bang(not)}--${side} ${inNumbers(ports)}`),
  ],
  [/(! ?)?match-set (\S+) (\S+)/y, ([, not, name, flags]) => match(`-m set ${bang(not)}--match-set ${name} ${flags}`)],
  [/(! ?)?recent: (SET|CHECK|UPDATE|REMOVE)/y, ([, not, op = '']) => match(`-m recent ${bang(not)}${recentForms[op]}`)],
  [/seconds: (\d+)/y, ([, seconds]) => match(`--seconds ${seconds}`)],
  [/reap\b/y, () => match('--reap')],
  [/hit_count: (\d+)/y, ([, count]) => match(`--hitcount ${count}`)],
  [/TTL-Match/y, () => match('--rttl')],
  [
    /name: (\S+) side: (source|dest)(?: mask: (\S+))?/y,
    ([, name, side, mask]) => match(`--name ${name} --r${side}${mask === undefined ? '' : ` --mask ${mask}`}`),
  ],
  [
    /limit: (up to|above) (\S+) burst (\d+) mode (\S+)/y,
    ([, side, rate, burst, mode]) =>
      match(
        `-m hashlimit --hashlimit-${side === 'above' ? 'above' : 'upto'} ${rate} --hashlimit-burst ${burst} --hashlimit-mode ${mode?.replaceAll('-', ',')}`,
      ),
  ],
  [/limit: avg (\S+) burst (\d+)/y, ([, rate, burst]) => match(`-m limit --limit ${rate} --limit-burst ${burst}`)],
  [/MAC (! )?(\S+)/y, ([, not, mac]) => match(`-m mac ${bang(not)}--mac-source ${mac}`)],
  [/PKTTYPE (!?)= (\S+)/y, ([, not, type]) => match(`-m pkttype ${bang(not)}--pkt-type ${type}`)],
  [/DSCP match (!)?(\S+)/y, ([, not, value]) => match(`-m dscp ${bang(not)}--dscp ${value}`)],
  [/length (!)?(\S+)/y, ([, not, value]) => match(`-m length ${bang(not)}--length ${value}`)],
  [
    /PHYSDEV match((?: (?:! )?--physdev-(?:is-(?:in|out|bridged)|(?:in|out) \S+))+)/y,
    ([, options]) => match(`-m physdev${options}`),
  ],
  [
    /(source|destination) IP range (!)?\s*(\S+)/y,
    ([, side = '', not, range]) =>
      match(`-m iprange ${bang(not)}--${side === 'source' ? 'src' : 'dst'}-range ${range}`),
  ],
  [
    /(! )?owner (UID|GID) match (\S+)/y,
    ([, not, kind = '', id]) => match(`-m owner ${bang(not)}--${kind.toLowerCase()}-owner ${id === 'root' ? '0' : id}`),
  ],
  [
    /rpfilter((?: (?:loose|validmark|accept-local|invert))*)/y,
    ([, flags = '']) => match(`-m rpfilter${flags.replace(/ /g, ' --')}`),
  ],
  [/nfacct-name\s+(\S+)/y, ([, name]) => match(`-m nfacct --nfacct-name ${name}`)],
  [/LOG flags \S+ level \S+(?: prefix ".*?")?/y, nothing],
  [/nflog-(?:prefix\s+".*?"|\S+ \S+)/y, nothing],
  [/(?:TCPMSS (?:clamp to PMTU|set \d+)|CHECKSUM fill)/y, nothing],
  [/(?:CT )?(?:notrack|NOTRACK)/y, (_, target) => (target === 'CT' ? option('--notrack') : {})],
  [/CT zone(-orig|-reply)? (\d+)/y, ([, side = '', zone]) => option(`--zone${side} ${zone}`)],
  [/socket((?: --(?:transparent|nowildcard|restore-skmark))+)/y, ([, flags]) => match(`-m socket${flags}`)],
  [/NFQUEUE num \S+(?: (bypass))?/y, ([, bypass]) => (bypass === undefined ? {} : option('--queue-bypass'))],
  [
    /TPROXY redirect (\S+):(\d+) mark (\S+)/y,
    ([, ip, port, mark]) => option(`--on-port ${port} --on-ip ${ip} --tproxy-mark ${mark}`),
  ],
];

/** A row of `iptables -L` as options of iptables-save. Words that are not known become a match that nobody models. */
export function saveWords(cells: Cells): string {
  const matches: string[] = [];
  const options: string[] = [];
  const unknown: string[] = [];
  const text = cells.rest;
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const next = phraseAt(text, at, cells.target);
    if (next === null) {
      const word = /\S+/y;
      word.lastIndex = at;
      const found = word.exec(text)?.[0] ?? '';
      unknown.push(found);
      at += Math.max(found.length, 1);
    } else {
      if (next.match !== undefined) matches.push(next.match);
      if (next.target !== undefined) options.push(next.target);
      at = next.end;
    }
  }
  if (matches.every(isComment) && mayHideInterface(cells)) unknown.push('interfaces, which only -v shows');
  if (unknown.length > 0) matches.push(`-m listed --as "${unknown.join(' ').replace(/["\\]/g, '\\$&')}"`);
  const goto = text.includes('[goto]') ? '-g' : '-j';
  const fragment = cells.fragment === '-f' ? ' -f' : cells.fragment === '!f' ? ' ! -f' : '';
  return [
    one('-s', cells.source),
    one('-d', cells.destination),
    one('-i', cells.in ?? '*'),
    one('-o', cells.out ?? '*'),
    one('-p', cells.protocol),
    fragment,
    ...matches.map(words => ` ${words}`),
    cells.target === '' ? '' : ` ${goto} ${cells.target}`,
    ...options.map(words => ` ${words}`),
  ].join('');
}

function phraseAt(text: string, at: number, target: string): { match?: string; target?: string; end: number } | null {
  for (const [pattern, words] of phrases) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) return { ...words(found, target), end: pattern.lastIndex };
  }
  return null;
}

const isComment = (words: string): boolean => words.startsWith('-m comment ');

const ending = new Set(['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'MASQUERADE', 'SNAT', 'DNAT', 'REDIRECT']);

/** Without -v, `-i lo -j ACCEPT` looks as if it took every packet. */
function mayHideInterface(cells: Cells): boolean {
  const asksNothing = [cells.protocol, cells.source, cells.destination].every(cell => everything.has(cell));
  return cells.in === null && ending.has(cells.target) && asksNothing;
}

const everything = new Set(['*', 'any', 'anywhere', 'all', '0', '0.0.0.0/0', '::/0']);

/** What every /etc/hosts and Debian's /etc/networks name: shown so without -n. */
const namedAddresses: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  'loopback/8': '127.0.0.0/8',
  'link-local/16': '169.254.0.0/16',
  'ip6-localhost': '::1',
};

function one(name: string, cell: string): string {
  const [not, told] = cell.startsWith('!') ? ['! ', cell.slice(1)] : ['', cell];
  const value = Object.hasOwn(namedAddresses, told) ? namedAddresses[told] : told;
  return everything.has(told) && not === '' ? '' : ` ${not}${name} ${value}`;
}
