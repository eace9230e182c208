import { enhancedPacket, interfaceDescription, interfaceStatistics, sectionHeader } from '../collect/pcapng.ts';
import type { AddressNames } from '../model/address-names.ts';
import {
  type CapturedFlow,
  type CaptureOutcome,
  type CapturePoint,
  pointWords,
  type SeenPacket,
} from '../model/capture.ts';
import { CapturedPackets } from '../model/captured-packets.ts';
import { decodePacket } from '../parse/packet-bytes.ts';
import type { PcapPacket } from '../parse/pcap.ts';
import type { CaptureEvents, CaptureLimits } from './capture.ts';

/** Takes what is captured. */
export interface CaptureSink extends Omit<CaptureEvents, 'started'> {
  /** Writes what is left. */
  end(outcomes: readonly CaptureOutcome[]): Promise<void>;
  /** How far the packets of each flow came; empty where they were not read. */
  flows(): CapturedFlow[];
}

/** So long the points' streams may be out of step. */
const holdMs = 1500;
const tickMs = 200;

/** Packets as lines, with names: each once, wherever it was seen. */
export function lineSink(
  names: AddressNames,
  points: readonly CapturePoint[],
  put: (packets: SeenPacket[]) => Promise<void>,
): CaptureSink {
  const seen = new CapturedPackets(names, points.length, holdMs);
  const linkTypes: number[] = [];
  const write = async (packets: SeenPacket[]) => {
    if (packets.length > 0) await put(packets);
  };
  const tick = setInterval(() => void write(seen.due(Date.now())), tickMs).unref();
  return {
    header(index, { linkType }) {
      linkTypes[index] = linkType;
    },
    async packets(index, packets) {
      for (const packet of packets) {
        const decoded = decodePacket(linkTypes[index] ?? 0, packet.data);
        if (decoded !== null) seen.add(index, decoded, packet, Date.now());
      }
      await write(seen.due(Date.now()));
    },
    async end() {
      clearInterval(tick);
      await write(seen.rest());
    },
    flows: () => seen.flows(),
  };
}

interface Held {
  point: number;
  packet: PcapPacket;
  arrived: number;
}

/** Packets as pcapng: an interface for each point, packets of all points in the order of their times. */
export function fileSink(
  points: readonly CapturePoint[],
  { filter }: CaptureLimits,
  application: string,
  put: (data: Buffer) => Promise<void>,
): CaptureSink {
  const wait = points.length === 1 ? 0 : holdMs;
  /** The number of a point's interface in the file, by point. */
  const interfaces = new Map<number, number>();
  let held: Held[] = [];
  /** What has to stand in the file before a packet. */
  let ready = put(sectionHeader(application));
  ready.catch(() => {});

  async function write(until: number): Promise<void> {
    const due = held.filter(({ arrived }) => arrived <= until).sort((a, b) => a.packet.time - b.packet.time);
    held = held.filter(({ arrived }) => arrived > until);
    if (due.length > 0)
      await put(Buffer.concat(due.map(({ point, packet }) => enhancedPacket(interfaces.get(point) ?? 0, packet))));
  }

  return {
    header(index, { linkType, snapLength }) {
      const point = points[index] as CapturePoint;
      interfaces.set(index, interfaces.size);
      ready = ready.then(() =>
        put(
          interfaceDescription({
            name: `${point.node}/${point.spot === 'node' ? '' : `${point.target.replace(/^pod /, '')}/`}${point.interface}`,
            description: pointWords(point),
            comment: `captured by ${application} at ${pointWords(point)}`,
            filter,
            linkType,
            snapLength,
          }),
        ),
      );
      ready.catch(() => {});
    },
    async packets(index, packets) {
      await ready;
      const arrived = Date.now();
      held.push(...packets.map(packet => ({ point: index, packet, arrived })));
      await write(arrived - wait);
    },
    async end(outcomes) {
      await write(Number.POSITIVE_INFINITY);
      const endTime = Date.now() * 1000;
      for (const [index, number] of interfaces) {
        const { received = null, dropped = null } = outcomes[index] ?? {};
        await put(interfaceStatistics(number, { endTime, received, dropped }));
      }
    },
    flows: () => [],
  };
}
