import { describe, expect, test } from '@jest/globals';
import { readPacketLine } from '../../src/model/packet.ts';

const tcp = { source: '10.0.1.2', destination: '172.30.0.41', protocol: 'tcp', port: 80 };
const ping6 = { source: 'fd00::1', destination: 'fd00::2', protocol: 'icmpv6' };

describe('a packet is read', () => {
  test.each([
    ['with what it must have', tcp, tcp],
    [
      'with all that it may have',
      { ...tcp, sourcePort: 40000, in: 'eth1', out: 'eth0', mark: '0x4000', ctState: 'new' },
      null,
    ],
    ['a mark as a number', { ...tcp, mark: 16384 }, null],
    ['a member that is null, as one left out', { ...tcp, sourcePort: null, mark: null }, tcp],
    ['the protocol in any case', { ...tcp, protocol: 'Tcp' }, tcp],
    ['the conntrack state in any case', { ...tcp, ctState: 'NEW' }, { ...tcp, ctState: 'new' }],
    ['the protocol as a number', { ...tcp, protocol: 6 }, { ...tcp, protocol: '6' }],
    ['a protocol without ports', { source: '10.0.1.2', destination: '10.0.1.3', protocol: 'gre' }, null],
    [
      'icmp with type and code',
      { source: '10.0.1.2', destination: '10.0.1.3', protocol: 'icmp', icmpType: 3, icmpCode: 4 },
      null,
    ],
    ['icmp of IPv6', { ...ping6, protocol: 'ICMP' }, ping6],
    ['port 0', { ...tcp, port: 0 }, null],
    ['IPv6 addresses', { ...tcp, source: 'FD00:0::1', destination: '::ffff:10.0.0.1' }, null],
  ])('%s', (_, given, expected) => {
    expect(readPacketLine(JSON.stringify(given))).toEqual({ packet: expected ?? given, given, error: null });
  });
});

describe('what cannot be read is given back with the reason', () => {
  test.each([
    ['no JSON', '{"source":', 'not valid JSON: '],
    ['an array', '[]', 'not a JSON object'],
    ['nested without end', '['.repeat(500), 'nested deeper'],
    ['no source', { ...tcp, source: undefined }, 'source is missing'],
    ['a name for an address', { ...tcp, destination: 'web' }, 'destination is "web", not an IP address'],
    [
      'a network for an address',
      { ...tcp, destination: '10.0.0.0/8' },
      'destination is "10.0.0.0/8", not an IP address',
    ],
    ['leading zeros', { ...tcp, destination: '010.0.0.1' }, 'destination is "010.0.0.1", not an IP address'],
    ['brackets', { ...tcp, destination: '[fd00::1]' }, 'destination is "[fd00::1]", not an IP address'],
    ['two families', { ...tcp, destination: 'fd00::1' }, 'source is IPv4 and destination is IPv6'],
    ['no protocol', { ...tcp, protocol: undefined }, 'protocol is missing'],
    ['an unknown protocol', { ...tcp, protocol: 'tpc' }, 'protocol is "tpc", neither a known name nor a number to 255'],
    ['every protocol', { ...tcp, protocol: 'IP' }, 'protocol is "IP", which is every protocol'],
    ['any protocol', { ...tcp, protocol: 'any' }, 'protocol is "any", which is every protocol'],
    ['a protocol number that is too high', { ...tcp, protocol: 256 }, 'protocol is 256, neither'],
    [
      "the other family's icmp",
      { ...tcp, port: undefined, protocol: 'icmpv6' },
      'protocol is "icmpv6", and the addresses are IPv4',
    ],
    ['no port', { ...tcp, port: undefined }, 'port is missing: tcp has ports'],
    ['a port that is too high', { ...tcp, port: 65536 }, 'port is 65536, not a whole number from 0 to 65535'],
    ['a port as text', { ...tcp, port: '80' }, 'port is "80", not a whole number from 0 to 65535'],
    ['half a port', { ...tcp, sourcePort: 80.5 }, 'sourcePort is 80.5, not a whole number'],
    ['a port of icmp', { ...ping6, port: 80 }, 'port is given, and icmpv6 has no ports'],
    ['an icmp type of tcp', { ...tcp, icmpType: 8 }, 'icmpType is given, and tcp has none'],
    ['an icmp type that is too high', { ...ping6, icmpType: 256 }, 'icmpType is 256, not a whole number from 0 to 255'],
    ['a mark with a mask', { ...tcp, mark: '0x4000/0x4000' }, 'mark is "0x4000/0x4000", not a number of 32 bits'],
    ['a mark that is too high', { ...tcp, mark: 4294967296 }, 'mark is 4294967296, not a number of 32 bits'],
    ['an unknown state', { ...tcp, ctState: 'open' }, 'ctState is "open", not one of new, '],
    ['an empty interface', { ...tcp, in: '' }, 'in is "", not the name of an interface'],
    ['a control character in a name', { ...tcp, out: 'eth\u009b0' }, 'not the name of an interface'],
    ['an unknown member', { ...tcp, dport: 80 }, 'unknown member "dport": a packet has source, '],
  ])('%s', (_, given, why) => {
    const line = typeof given === 'string' ? given : JSON.stringify(given);
    const read = readPacketLine(line);
    expect(read).toMatchObject({ packet: null, error: expect.stringContaining(why) });
    if (why !== 'not valid JSON: ' && why !== 'nested deeper') expect(read.given).toEqual(JSON.parse(line));
    else expect(read.given).toBe(line);
  });
});
