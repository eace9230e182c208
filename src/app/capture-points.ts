import type { RemoteNode } from '../collect/remote.ts';
import { ClusterError, UsageError } from '../errors.ts';
import { canonical } from '../model/address.ts';
import type { CaptureDirection, CapturePoint, CaptureSpot } from '../model/capture.ts';
import { type AddrRecord, readAddr } from '../parse/addr.ts';
import { parseJsonArray } from '../parse/json.ts';
import { type LinkRecord, readLink } from '../parse/link.ts';
import type { RemotePlace } from './remote-target.ts';

/** A point with what it takes to capture there. */
export interface PlacedPoint {
  point: CapturePoint;
  place: RemotePlace;
  /** The network namespace of the interface; undefined: the node's. */
  netns: string | undefined;
  /** tcpdump's -Q. */
  direction: CaptureDirection;
  /** What is left out beside the user's filter: the stream that carries the capture itself. */
  except: string | undefined;
}

interface Wishes {
  /** Empty: `pod` for a pod, `node` for a node. */
  spots: readonly CaptureSpot[];
  /** Interfaces by name, in place of the ones that a spot means; of a node's target. */
  interfaces: readonly string[];
  direction: CaptureDirection;
}

interface Device {
  link: LinkRecord;
  addr: AddrRecord;
}

const readSeconds = 10;

/**
 * Finds the interfaces that are meant, by what `ip` says in the pods and on their nodes. Throws UsageError for what is not
 * there or not modelled, ClusterError when it cannot be read.
 */
export async function findPoints(places: readonly RemotePlace[], wishes: Wishes): Promise<PlacedPoint[]> {
  const onNodes = new Map<RemoteNode, Promise<Device[]>>();
  const onNode = (node: RemoteNode) => {
    const known = onNodes.get(node) ?? devices(node, undefined);
    onNodes.set(node, known);
    return known;
  };
  const points = await Promise.all(places.map(place => pointsOf(place, wishes, onNode)));
  const seen = new Set<string>();
  return points.flat().filter(({ point, netns }) => {
    const key = `${point.node} ${netns} ${point.interface}`;
    return !seen.has(key) && seen.add(key);
  });
}

async function devices(node: RemoteNode, netns: string | undefined): Promise<Device[]> {
  const { exitCode, stdout, stderr } = await node.run({
    argv: ['ip', '-j', '-d', 'addr'],
    deadlineSeconds: readSeconds,
    ...(netns === undefined ? {} : { netns }),
  });
  const read = parseJsonArray(stdout.toString(), entry => {
    const [link, addr] = [readLink(entry), readAddr(entry)];
    if (typeof link === 'string') return link;
    return typeof addr === 'string' ? addr : { raw: '', link, addr };
  });
  if (exitCode !== 0 || read.records.length === 0)
    throw new ClusterError('interfaces-unread', `the interfaces on ${node.name} cannot be read: ${stderr.trim()}`);
  return read.records;
}

async function pointsOf(
  place: RemotePlace,
  { spots, interfaces, direction }: Wishes,
  onNode: (node: RemoteNode) => Promise<Device[]>,
): Promise<PlacedPoint[]> {
  const { target, node, netns } = place;
  const isInPod = target.pod !== null && netns !== undefined;
  const wanted = spots.length > 0 ? spots : [isInPod ? ('pod' as const) : ('node' as const)];
  const at = (spot: CaptureSpot, name: string): PlacedPoint => ({
    point: { target: target.title, node: node.name, spot, interface: name },
    place,
    netns: spot === 'pod' ? netns : undefined,
    // What comes to the pod goes out of the node's end of its veth.
    direction: spot === 'veth' && direction !== 'inout' ? (direction === 'in' ? 'out' : 'in') : direction,
    except: spot === 'node' ? ownStream(name) : undefined,
  });
  if (interfaces.length > 0 && !isInPod) {
    const names = (await onNode(node)).map(({ link }) => link.name);
    return interfaces.map(name => {
      if (name === 'any' || names.includes(name)) return at('node', name);
      throw new UsageError(
        'interface-not-found',
        `${node.name} has no interface ${name}`,
        `it has: ${names.join(', ')}`,
      );
    });
  }
  if (!isInPod && wanted.some(spot => spot !== 'node'))
    throw new UsageError(
      'bad-target',
      `${target.title} is on the network of ${node.name}: it has no veth and no bridge of its own`,
      'leave out --at, or name an interface with --interface',
    );
  const inside = isInPod ? await devices(node, netns) : [];
  const own = new Set(target.pod?.status?.podIPs?.map(({ ip }) => canonical(ip)));
  const eth =
    inside.find(({ addr }) => addr.addresses.some(({ address }) => own.has(canonical(address)))) ??
    inside.find(({ link }) => link.name !== 'lo');
  const points: PlacedPoint[] = [];
  for (const spot of wanted) {
    if (spot === 'node') points.push(at(spot, uplink(await onNode(node), node, place)));
    else if (eth === undefined)
      throw new UsageError('no-interface', `${target.title} has no interface but lo`, 'see `kubectl netinspect pod`');
    else if (spot === 'pod') points.push(at(spot, eth.link.name));
    else {
      const peer = peerOf(eth.link, await onNode(node));
      const name = spot === 'veth' ? peer?.link.name : peer?.link.master;
      if (name == null)
        throw new UsageError(
          `no-${spot}`,
          peer === undefined
            ? `the other end of ${eth.link.name} of ${target.title} was not found on ${node.name}`
            : `${peer.link.name}, the veth of ${target.title}, is a port of no bridge`,
          'see `kubectl netinspect pod` for the way of its packets',
        );
      points.push(at(spot, name));
    }
  }
  return points;
}

function peerOf(link: LinkRecord, onNode: readonly Device[]): Device | undefined {
  return onNode.find(({ link: other }) => other.index === link.peerIndex && other.peerIndex === link.index);
}

/** The interface with the node's own address, as the API has it. */
function uplink(onNode: readonly Device[], node: RemoteNode, { target }: RemotePlace): string {
  const own = new Set(target.nodeAddresses.map(canonical));
  const found = onNode.find(({ addr }) => addr.addresses.some(({ address }) => own.has(canonical(address))));
  if (found !== undefined) return found.link.name;
  throw new UsageError(
    'no-uplink',
    `no interface of ${node.name} has one of its addresses (${target.nodeAddresses.join(', ') || 'none known'})`,
    'name it with --interface',
  );
}

/** The packets that carry what is captured to us: kubelet's port, and the runtime's stream on loopback. */
function ownStream(name: string): string {
  return name === 'any' ? 'not (tcp port 10250 or (tcp and host 127.0.0.1))' : 'not tcp port 10250';
}
