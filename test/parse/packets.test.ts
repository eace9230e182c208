import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type DecodedPacket, decodePacket } from '../../src/parse/packet-bytes.ts';
import { type PcapPacket, PcapReader } from '../../src/parse/pcap.ts';

/** Streams of tcpdump on the test cluster, and what tcpdump itself reads in them (`tcpdump -n -tt -r`). */

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', 'packets', name));

function read(name: string): { linkType: number; packets: PcapPacket[]; decoded: (DecodedPacket | null)[] } {
  const reader = new PcapReader();
  const packets = reader.push(fixture(`${name}.pcap`));
  expect(reader.pending).toBe(0);
  const linkType = reader.header?.linkType ?? -1;
  return { linkType, packets, decoded: packets.map(({ data }) => decodePacket(linkType, data)) };
}

/** A packet as tcpdump words it. */
interface Worded {
  time: string;
  source: string;
  destination: string;
  rest: string;
}

function worded(name: string): Worded[] {
  const lines = fixture(`${name}.txt`).toString().trim().split('\n');
  // The packet in a VXLAN tunnel is worded on a line of its own.
  const joined = lines.flatMap((line, index) => {
    if (!/^\d/.test(line)) return [];
    const inner = lines[index + 1];
    return inner === undefined || /^\d/.test(inner) ? [line] : [`${line.split(' ')[0]} ${inner}`];
  });
  return joined.map(line => {
    const [, time = '', source = '', destination = '', rest = ''] =
      /^(\S+) (?:eth0 +(?:Out|In) +)?IP6? (\S+) > (\S+): (.*)$/.exec(line) ?? [];
    return { time, source, destination, rest };
  });
}

/** Addresses and ports with tcpdump's dot between them. */
function dotted({ source, sourcePort, destination, destinationPort }: DecodedPacket) {
  const end = (address: string | null, port: number | null) => (port === null ? address : `${address}.${port}`);
  return { source: end(source, sourcePort), destination: end(destination, destinationPort) };
}

/** What tcpdump says of the packet, in our words. */
function infoOf({ rest }: Worded): string | undefined {
  const flags = /^Flags \[(.*?)\]/.exec(rest)?.[1];
  const question = /^\d+\+ (\S+\? \S+) /.exec(rest)?.[1];
  const icmp = /^ICMP6?,? (echo request|echo reply|neighbor solicitation|neighbor advertisement)/.exec(rest)?.[1];
  const port = /^ICMP \S+ udp port \d+ unreachable/.test(rest) ? 'port unreachable' : undefined;
  const answer = /^\d+ NXDomain/.test(rest) ? 'NXDOMAIN' : /^\d+\*- \d\/\d\/\d/.test(rest) ? 'NOERROR' : undefined;
  return (
    flags ??
    question ??
    icmp?.replace('neighbor', 'neighbour') ??
    port ??
    answer ??
    (/^UDP/.test(rest) ? '' : undefined)
  );
}

describe.each(['pod', 'node-vxlan', 'any'])('the stream "%s"', name => {
  const { packets, decoded } = read(name);
  const expected = worded(name);

  test('has as many packets as tcpdump reads', () => {
    expect(expected.length).toBeGreaterThan(5);
    expect(decoded.filter(packet => packet !== null)).toHaveLength(expected.length);
  });

  test.each(expected.map((line, index) => [index, line.rest.slice(0, 50), line] as const))(
    'packet %d is what tcpdump reads: %s',
    (index, _words, line) => {
      const packet = decoded[index] as DecodedPacket;
      expect(dotted(packet)).toEqual({ source: line.source, destination: line.destination });
      expect((packets[index]?.time ?? 0) / 1e6).toBeCloseTo(Number(line.time), 6);
      const info = infoOf(line);
      expect(info).toBeDefined();
      expect(packet.info.startsWith(info ?? '?')).toBe(true);
      const length = /, length (\d+)/.exec(line.rest)?.[1];
      if (packet.protocol === 'tcp') expect(packet.payloadLength).toBe(Number(length));
    },
  );
});

test('a packet in a VXLAN tunnel is the inner one, with the tunnel named', () => {
  expect(read('node-vxlan').decoded[0]).toMatchObject({ protocol: 'icmp', source: '10.244.1.7', tunnel: 1 });
});

test.each([1, 7, 24, 100, 5000])('a stream may come in pieces of %d bytes', size => {
  const whole = fixture('pod.pcap');
  const reader = new PcapReader();
  const packets: PcapPacket[] = [];
  for (let at = 0; at < whole.length; at += size) packets.push(...reader.push(whole.subarray(at, at + size)));
  expect(packets).toEqual(read('pod').packets);
});

test('a stream that breaks off keeps what was whole, and shows that something is pending', () => {
  const reader = new PcapReader();
  const packets = reader.push(fixture('pod.pcap').subarray(0, -10));
  expect(packets).toHaveLength(read('pod').packets.length - 1);
  expect(reader.pending).toBeGreaterThan(0);
});

test('a stream of the other byte order, in nanoseconds, gives the same packets', () => {
  const whole = Buffer.from(fixture('pod.pcap'));
  const { packets } = read('pod');
  whole.writeUInt32LE(0xa1b23c4d, 0);
  let at = 24;
  for (const { data } of packets) {
    whole.writeUInt32LE(whole.readUInt32LE(at + 4) * 1000, at + 4);
    for (let field = at; field < at + 16; field += 4) whole.subarray(field, field + 4).reverse();
    at += 16 + data.length;
  }
  for (const [field, size] of [
    [0, 4],
    [4, 2],
    [6, 2],
    [8, 4],
    [12, 4],
    [16, 4],
    [20, 4],
  ] as const)
    whole.subarray(field, field + size).reverse();
  expect(new PcapReader().push(whole)).toEqual(packets);
});

test.each([
  ['text', Buffer.from('tcpdump: eth0: No such device exists\n')],
  ['a record of an impossible length', Buffer.concat([fixture('pod.pcap').subarray(0, 24), Buffer.alloc(16, 0xff)])],
])('%s is no pcap stream', (_name, bytes) => {
  expect(() => new PcapReader().push(bytes)).toThrow(/pcap/);
});

test('a packet that is cut off anywhere is read in part or not at all', () => {
  const { packets, linkType } = read('pod');
  for (const { data } of packets)
    for (let size = 0; size < data.length; size++)
      expect(() => decodePacket(linkType, data.subarray(0, size))).not.toThrow();
});
