import {
  type Bare,
  endpointFamily,
  notNumeric,
  numericEndpoint,
  type RealRecord,
  toNumber,
  type VirtualRecord,
} from './ipvsadm-records.ts';

const protocols: Readonly<Record<string, VirtualRecord['protocol']>> = {
  TCP: 'tcp',
  UDP: 'udp',
  SCTP: 'sctp',
  FWM: null,
};

const forwardings: Readonly<Record<string, RealRecord['forwarding']>> = {
  Masq: 'masquerade',
  Route: 'route',
  Tunnel: 'tunnel',
  Local: 'local',
};

/** /proc/net/ip_vs writes addresses, ports and marks in hexadecimal and its second heading without columns. */
const ofKernel = /^ {2}-> RemoteAddress:Port Forward |[ \t][0-9A-F]{8}:[0-9A-F]{4} /m;

type LineReader = (words: readonly string[]) => Bare | null | string;

/** A reader for the lines of one `ipvsadm --list` or /proc/net/ip_vs, in order: a real server belongs to the virtual one above it. */
export function readListing(text: string): LineReader {
  const kernel = ofKernel.test(text);
  const endpoint = (word: string) => (kernel ? fromHex(word) : (numericEndpoint(word) ?? word));
  let virtual: Pick<VirtualRecord, 'protocol' | 'virtual'> | null = null;
  let weightFirst = false;
  return words => {
    const [first = '', second = ''] = words;
    if (first === 'IP' && second === 'Virtual') return null;
    if (first === 'Prot') {
      weightFirst = words.includes('PersistConn');
      return null;
    }
    if (second === 'RemoteAddress:Port') return null;
    if (first === '->') {
      if (virtual === null) return 'a real server without its virtual server';
      return readReal(endpoint(second), words.slice(2), virtual, weightFirst);
    }
    const record = readVirtual(first, endpoint(second), words.slice(2), kernel);
    virtual = typeof record === 'string' ? null : record;
    return record;
  };
}

function readReal(
  real: string,
  rest: readonly string[],
  { protocol, virtual }: Pick<VirtualRecord, 'protocol' | 'virtual'>,
  weightFirst: boolean,
): Bare | string {
  if (endpointFamily(real) === null) return notNumeric(real);
  const forwarding = forwardings[rest[0] ?? ''] ?? null;
  const weight = forwarding !== null ? rest[1] : weightFirst ? rest[0] : undefined;
  return { kind: 'real', protocol, virtual, real, forwarding, weight: toNumber(weight) };
}

/** After the address: `SCHEDULER [(FLAGS)] [ops] [persistent SECONDS [mask MASK]] [pe NAME]`, or counters alone. */
function readVirtual(
  name: string,
  address: string,
  rest: readonly string[],
  kernel: boolean,
): Omit<VirtualRecord, 'raw' | 'line'> | string {
  const protocol = Object.hasOwn(protocols, name) ? protocols[name] : undefined;
  if (protocol === undefined) return 'neither a virtual server (TCP, UDP, SCTP, FWM) nor a real one (->)';
  const mark = kernel && /^[0-9A-F]{8}$/.test(address) ? Number.parseInt(address, 16).toString() : address;
  const virtual = protocol === null ? mark : address;
  if (protocol === null ? toNumber(virtual) === null : endpointFamily(virtual) === null)
    return protocol === null ? `${virtual} is not a firewall mark` : notNumeric(virtual);
  const six = rest[0] === 'IPv6';
  const [scheduler = '', ...flags] = six ? rest.slice(1) : rest;
  const counters = scheduler === '' || /^\d/.test(scheduler);
  const persistent = flags.indexOf('persistent');
  const seconds = kernel ? null : toNumber(flags[persistent + 1]);
  return {
    kind: 'virtual',
    protocol,
    virtual,
    family: protocol !== null ? endpointFamily(virtual) : kernel ? null : six ? 'IPv6' : 'IPv4',
    scheduler: counters ? null : scheduler,
    // The kernel prints it in ticks of its clock, of which the length is not said.
    persistence: counters ? 'unknown' : persistent === -1 ? null : (seconds ?? 'unknown'),
    onePacket: flags.includes('ops'),
  };
}

/** `0A60000A:0050` or `[fd00:…]:0050`, as ipvsadm writes it; other text as it is. */
function fromHex(text: string): string {
  const [, address = '', port = ''] = /^([0-9A-F]{8}|\[[0-9a-f:]+\]):([0-9A-F]{4})$/.exec(text) ?? [];
  if (address === '') return text;
  const octets = address.startsWith('[') ? null : (address.match(/../g) ?? []).map(hex => Number.parseInt(hex, 16));
  return `${octets?.join('.') ?? address}:${Number.parseInt(port, 16)}`;
}
