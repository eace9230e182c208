/** Where on its way a pod's traffic is captured, in the order of that way. */

export type CaptureSpot = 'pod' | 'veth' | 'bridge' | 'node';

/** As the target sees it: `in` is what comes to it. */
export type CaptureDirection = 'in' | 'out' | 'inout';

/** A place where packets are captured. */
export interface CapturePoint {
  /** `pod shop/web-0`, `node node1`. */
  target: string;
  node: string;
  spot: CaptureSpot;
  interface: string;
}

/** How a point's capture ended. */
export interface CaptureOutcome {
  point: CapturePoint;
  /** Packets that came here. */
  packets: number;
  bytes: number;
  /** What the kernel gave and dropped, by tcpdump; null when it did not say. */
  received: number | null;
  dropped: number | null;
  /** Why it ended before it was asked to; null when it did not. */
  problem: string | null;
}

/** A packet as it was seen, at one point or more. */
export interface SeenPacket {
  /** RFC 3339, microseconds, UTC. */
  time: string;
  /** Where it was seen: indexes of the capture's points, in the order of the times. */
  points: number[];
  protocol: string;
  source: string | null;
  sourceName: string | null;
  sourcePort: number | null;
  destination: string | null;
  destinationName: string | null;
  destinationPort: number | null;
  /** Where it went at the last point, when that differs: after NAT. */
  became: { source: string; sourceName: string | null; destination: string; destinationName: string | null } | null;
  info: string;
  /** Bytes on the wire. */
  length: number;
  payloadLength: number | null;
  /** VNI of the tunnel that it was seen in. */
  tunnel: number | null;
}

/** How far the packets of one direction of a flow came. */
export interface CapturedFlow {
  protocol: string;
  source: string;
  destination: string;
  /** Packets at each of the capture's points. */
  packets: number[];
}

/** `eth0 of pod shop/web-0 on node1`, `veth1a2b (pod shop/web-0) on node1`, `cni0 of node1`. */
export function pointWords({ target, node, spot, interface: name }: CapturePoint): string {
  if (spot === 'pod') return `${name} of ${target} on ${node}`;
  return spot === 'veth' ? `${name} (${target}) on ${node}` : `${name} of ${node}`;
}
