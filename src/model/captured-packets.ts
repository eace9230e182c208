import type { DecodedPacket } from '../parse/packet-bytes.ts';
import { hostPort } from './address.ts';
import type { AddressNames } from './address-names.ts';
import type { CapturedFlow, SeenPacket } from './capture.ts';

interface Sighting {
  point: number;
  packet: DecodedPacket;
  /** Microseconds. */
  time: number;
}

interface Entry {
  /** In the order of their times. */
  sightings: [Sighting, ...Sighting[]];
  /** When the first one came to us, in milliseconds. */
  arrived: number;
  /** Bytes on the wire. */
  length: number;
}

/** Packets of one identity that are further apart, in microseconds, are two. */
const apart = 1e6;
/** Flows that are counted; what comes beyond is not. */
const mostFlows = 10_000;

/**
 * Makes one of the sightings of a packet at several points, by what NAT does not change in it, and counts for each flow how far its packets
 * came.
 */
export class CapturedPackets {
  readonly #names: AddressNames;
  readonly #points: number;
  readonly #holdMs: number;
  readonly #open = new Map<string, Entry[]>();
  readonly #waiting: Entry[] = [];
  readonly #flows = new Map<string, CapturedFlow>();

  /** `holdMs`: how long a packet waits for its other sightings. */
  constructor(names: AddressNames, points: number, holdMs: number) {
    this.#names = names;
    this.#points = points;
    this.#holdMs = points === 1 ? 0 : holdMs;
  }

  /** Takes a sighting. `time` in microseconds, `now` in milliseconds, `length` on the wire. */
  add(point: number, packet: DecodedPacket, { time, length }: { time: number; length: number }, now: number): void {
    const sighting = { point, packet, time };
    const open = this.#open.get(packet.identity) ?? [];
    const known = open.find(
      ({ sightings }) => sightings.every(other => other.point !== point) && Math.abs(sightings[0].time - time) < apart,
    );
    if (known !== undefined) {
      known.sightings.push(sighting);
      known.sightings.sort((a, b) => a.time - b.time);
      return;
    }
    const entry: Entry = { sightings: [sighting], arrived: now, length };
    this.#open.set(packet.identity, [...open, entry]);
    this.#waiting.push(entry);
  }

  /** The packets that need wait no longer, in the order of their times. */
  due(now: number): SeenPacket[] {
    const ready = this.#waiting.findIndex(({ arrived }) => arrived > now - this.#holdMs);
    const entries = this.#waiting.splice(0, ready < 0 ? this.#waiting.length : ready);
    return this.#done(entries);
  }

  /** What is left, at the end. */
  rest(): SeenPacket[] {
    return this.#done(this.#waiting.splice(0));
  }

  /** Every flow with how many of its packets came to each point, the biggest first. */
  flows(): CapturedFlow[] {
    const most = ({ packets }: CapturedFlow) => Math.max(...packets);
    return [...this.#flows.values()].sort((a, b) => most(b) - most(a));
  }

  #seen({ sightings, length }: Entry): SeenPacket {
    const [first] = sightings;
    const { packet: last } = sightings.at(-1) ?? first;
    const { identity: _identity, ...rest } = first.packet;
    const [before, after] = [endsOf(first.packet), endsOf(last)];
    const isSame = before.source === after.source && before.destination === after.destination;
    const named = {
      sourceName: this.#nameOf(last.source),
      destinationName: this.#nameOf(last.destination),
    };
    return {
      ...rest,
      time: isoTime(first.time),
      points: sightings.map(({ point }) => point),
      sourceName: this.#nameOf(rest.source),
      destinationName: this.#nameOf(rest.destination),
      became: isSame ? null : { ...after, ...named },
      length,
      tunnel: sightings.find(({ packet }) => packet.tunnel !== null)?.packet.tunnel ?? null,
    };
  }

  #done(entries: Entry[]): SeenPacket[] {
    for (const entry of entries) {
      const { identity } = entry.sightings[0].packet;
      const open = this.#open.get(identity)?.filter(other => other !== entry) ?? [];
      if (open.length === 0) this.#open.delete(identity);
      else this.#open.set(identity, open);
      this.#count(entry);
    }
    return entries.sort((a, b) => a.sightings[0].time - b.sightings[0].time).map(entry => this.#seen(entry));
  }

  #count({ sightings }: Entry): void {
    const { packet } = sightings[0];
    const { source, destination } = endsOf(packet);
    const key = `${packet.protocol} ${source} ${destination}`;
    if (source === '' || (this.#flows.size >= mostFlows && !this.#flows.has(key))) return;
    const flow = this.#flows.get(key) ?? {
      protocol: packet.protocol,
      source,
      destination,
      packets: Array.from({ length: this.#points }, () => 0),
    };
    this.#flows.set(key, flow);
    for (const { point } of sightings) flow.packets[point] = (flow.packets[point] ?? 0) + 1;
  }

  #nameOf(address: string | null): string | null {
    return address === null ? null : this.#names.name(address);
  }
}

/** RFC 3339 with microseconds. */
function isoTime(time: number): string {
  const micro = String(Math.floor(time % 1e6)).padStart(6, '0');
  return new Date(Math.floor(time / 1e3))
    .toISOString()
    .replace(/\d{3}Z$/, '')
    .replace(/\.$/, `.${micro}Z`);
}

function endsOf({ source, sourcePort, destination, destinationPort }: DecodedPacket) {
  return { source: addressWords(source, sourcePort), destination: addressWords(destination, destinationPort) };
}

/** `10.0.0.1:80`, `[fd00::1]:80`, `10.0.0.1`; empty for none. */
export function addressWords(address: string | null, port: number | null): string {
  if (address === null) return '';
  return port === null ? address : hostPort(address, port);
}
