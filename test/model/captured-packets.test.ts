import { describe, expect, test } from '@jest/globals';
import type { AddressNames } from '../../src/model/address-names.ts';
import { CapturedPackets } from '../../src/model/captured-packets.ts';
import type { DecodedPacket } from '../../src/parse/packet-bytes.ts';

/** Sightings of packets at several points. */

const names: AddressNames = { name: address => ({ '10.96.0.1': 'shop/web' })[address] ?? null, front: () => null };
const second = 1e6;

function packet(over: Partial<DecodedPacket> = {}): DecodedPacket {
  return {
    protocol: 'tcp',
    source: '10.244.1.5',
    sourcePort: 40_000,
    destination: '10.96.0.1',
    destinationPort: 80,
    info: 'S',
    payloadLength: 0,
    identity: 'tcp 1',
    tunnel: null,
    ...over,
  };
}

const natted = packet({ destination: '10.244.2.9', destinationPort: 8080 });

describe('a packet that is seen at several points', () => {
  test('is one, with the points in the order of their times, whatever comes first', () => {
    const all = new CapturedPackets(names, 3, 500);
    all.add(2, natted, { time: 1002, length: 74 }, 0);
    all.add(0, packet(), { time: 1000, length: 74 }, 1);
    all.add(1, packet(), { time: 1001, length: 74 }, 2);
    expect(all.rest()).toEqual([
      expect.objectContaining({
        points: [0, 1, 2],
        time: '1970-01-01T00:00:00.001000Z',
        destination: '10.96.0.1',
        destinationName: 'shop/web',
        became: expect.objectContaining({ destination: '10.244.2.9:8080', destinationName: null }),
      }),
    ]);
  });

  test('waits for the other sightings, and no longer', () => {
    const all = new CapturedPackets(names, 2, 500);
    all.add(0, packet(), { time: 0, length: 1 }, 1000);
    expect(all.due(1499)).toEqual([]);
    expect(all.due(1500)).toHaveLength(1);
    all.add(1, packet(), { time: 5, length: 1 }, 1600);
    expect(all.rest()).toHaveLength(1);
  });

  test('with one point only, waits for nothing', () => {
    const all = new CapturedPackets(names, 1, 500);
    all.add(0, packet(), { time: 0, length: 1 }, 1000);
    expect(all.due(1000)).toHaveLength(1);
  });
});

test.each([
  ['sent again, is two', packet(), 0, 2],
  ['much later at another point, is two', packet(), 1, 2 * second],
  ['another one at another point, is two', packet({ identity: 'tcp 2' }), 1, 2],
] as const)('a packet %s', (_name, other, point, time) => {
  const all = new CapturedPackets(names, 2, 500);
  all.add(0, packet(), { time: 0, length: 1 }, 0);
  all.add(point, other, { time, length: 1 }, 0);
  expect(all.rest()).toHaveLength(2);
});

test('a flow tells how many of its packets came to each point', () => {
  const all = new CapturedPackets(names, 2, 500);
  for (const [index, points] of [[0, 1], [0], [0]].entries())
    for (const point of points)
      all.add(point, packet({ identity: `tcp ${index}` }), { time: index * 10 + point, length: 1 }, 0);
  all.rest();
  expect(all.flows()).toEqual([
    { protocol: 'tcp', source: '10.244.1.5:40000', destination: '10.96.0.1:80', packets: [3, 1] },
  ]);
});
