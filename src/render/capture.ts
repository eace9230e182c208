import {
  type CapturedFlow,
  type CaptureOutcome,
  type CapturePoint,
  pointWords,
  type SeenPacket,
} from '../model/capture.ts';
import { addressWords } from '../model/captured-packets.ts';
import { visible } from './visible.ts';

/** One packet as a line: `12:41:02.123456 shop/client:43210 → shop/web:80 (10.96.85.88)  tcp S  length 0`. */
export function packetLine(packet: SeenPacket, points: readonly CapturePoint[]): string {
  const { protocol, info, payloadLength, length, became, tunnel } = packet;
  const ends = `${endWords(packet.source, packet.sourceName, packet.sourcePort)} → ${endWords(packet.destination, packet.destinationName, packet.destinationPort)}`;
  const what = [protocol, info, `length ${payloadLength ?? length}`, tunnel === null ? '' : `in tunnel ${tunnel}`];
  const nat = became === null ? '' : `  after NAT ${became.source} → ${became.destination}`;
  const names = packet.points.map(index => shortWords(points[index] as CapturePoint, points));
  const where = points.length === 1 ? '' : `  [${names.join(' → ')}]`;
  return visible(`${packet.time.slice(11, -1)} ${ends}  ${what.filter(Boolean).join(' ')}${nat}${where}`);
}

function endWords(address: string | null, name: string | null, port: number | null): string {
  if (address === null) return '?';
  if (name === null) return addressWords(address, port);
  return `${name}${port === null ? '' : `:${port}`} (${address})`;
}

/** A point in as few words as tell it from the others. */
function shortWords(point: CapturePoint, points: readonly CapturePoint[]): string {
  const same = points.filter(({ spot }) => spot === point.spot);
  if (same.length === 1) return point.spot === 'node' ? point.interface : point.spot;
  return `${point.spot === 'node' ? point.node : point.target.replace(/^.*[ /]/, '')} ${point.interface}`;
}

/** Sizes in the units that kubectl's users know. */
function bytesWords(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** What the capture was, when it has ended. */
export function captureSummary(outcomes: readonly CaptureOutcome[]): string[] {
  return outcomes.map(({ point, packets, bytes, dropped, problem }) => {
    const lost =
      dropped === null ? 'drops unknown' : dropped === 0 ? 'none dropped' : `${dropped} DROPPED by the kernel`;
    return visible(
      `${pointWords(point)}: ${packets} packet${packets === 1 ? '' : 's'}, ${bytesWords(bytes)}, ${lost}${problem === null ? '' : `; it ended early: ${problem}`}`,
    );
  });
}

const mostFlows = 20;

/** Where flows stopped: those whose packets came to one point and not to another. */
export function flowLines(flows: readonly CapturedFlow[], points: readonly CapturePoint[]): string[] {
  if (points.length === 1) return [];
  // A bridge and a node see what has nothing to do with the pods.
  const ofPods = points.map(({ spot }) => spot === 'pod' || spot === 'veth');
  const isOfPods = ({ packets }: CapturedFlow) => packets.some((count, index) => count > 0 && ofPods[index]);
  const uneven = flows.filter(flow => new Set(flow.packets).size > 1 && (!ofPods.includes(true) || isOfPods(flow)));
  const lines = uneven
    .slice(0, mostFlows)
    .map(
      ({ protocol, source, destination, packets }) =>
        `  ${protocol} ${source} → ${destination}: ${packets.map((count, index) => `${shortWords(points[index] as CapturePoint, points)} ${count}`).join(' · ')}`,
    );
  if (lines.length === 0) return [];
  const more = uneven.length > mostFlows ? [`  … and ${uneven.length - mostFlows} more`] : [];
  return ['not every packet was seen at every point:', ...lines, ...more].map(line => visible(line));
}

/** The points in words. */
export function pointList(points: readonly CapturePoint[]): string {
  return points.map(pointWords).join('; ');
}

/** One packet as a line of JSON; its points with their places. */
export function packetJson(packet: SeenPacket, points: readonly CapturePoint[]): string {
  return JSON.stringify({ ...packet, points: packet.points.map(index => points[index]) });
}
