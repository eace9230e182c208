import {
  type Bare,
  endpointFamily,
  notNumeric,
  numericEndpoint,
  type RealRecord,
  toNumber,
} from './ipvsadm-records.ts';

const protocols = {
  '-t': 'tcp',
  '--tcp-service': 'tcp',
  '-u': 'udp',
  '--udp-service': 'udp',
  '--sctp-service': 'sctp',
  '-f': null,
  '--fwmark-service': null,
} as const;

const forwardings: Readonly<Record<string, RealRecord['forwarding']>> = {
  '-m': 'masquerade',
  '--masquerading': 'masquerade',
  '-g': 'route',
  '--gatewaying': 'route',
  '-i': 'tunnel',
  '--ipip': 'tunnel',
};

const kinds: Readonly<Record<string, Bare['kind']>> = {
  '-A': 'virtual',
  '--add-service': 'virtual',
  '-a': 'real',
  '--add-server': 'real',
};

/** What ipvsadm takes where an option is left out (ipvsadm(8)). */
const defaults = { scheduler: 'wlc', persistence: 360, weight: 1, forwarding: 'route' } as const;

/** Reads a line of `ipvsadm --save`: -A for a virtual server, -a for a real one. */
export function readCommand(words: readonly string[]): Bare | string {
  const kind = kinds[words[0] ?? ''];
  if (kind === undefined) return 'neither -A nor -a';
  const at = words.findIndex(word => word in protocols);
  const place = words[at + 1];
  if (at === -1 || place === undefined) return 'no virtual server';
  const virtual = numericEndpoint(place) ?? place;
  const protocol = protocols[words[at] as keyof typeof protocols];
  const after = (...names: string[]) => {
    const place = words.findIndex(word => names.includes(word));
    return place === -1 ? undefined : words[place + 1];
  };
  if (protocol === null ? toNumber(virtual) === null : endpointFamily(virtual) === null)
    return protocol === null ? `${virtual} is not a firewall mark` : notNumeric(virtual);
  if (kind === 'real') {
    const server = after('-r', '--real-server');
    if (server === undefined) return 'no real server';
    const real = numericEndpoint(server);
    if (real === null) return notNumeric(server);
    const weight = after('-w', '--weight');
    const forwarding = words.find(word => Object.hasOwn(forwardings, word));
    return {
      kind,
      protocol,
      virtual,
      real,
      weight: weight === undefined ? defaults.weight : toNumber(weight),
      forwarding: forwarding === undefined ? defaults.forwarding : (forwardings[forwarding] ?? null),
    };
  }
  const persistent = words.includes('-p') || words.includes('--persistent');
  return {
    kind,
    protocol,
    virtual,
    family: protocol === null ? (words.includes('-6') ? 'IPv6' : 'IPv4') : endpointFamily(virtual),
    scheduler: after('-s', '--scheduler') ?? defaults.scheduler,
    persistence: persistent ? (toNumber(after('-p', '--persistent')) ?? defaults.persistence) : null,
    onePacket: words.includes('-o') || words.includes('--ops'),
  };
}
