import { canonical, hostPort } from '../../model/address.ts';
import type { Overlay } from '../../model/report.ts';
import type { PacketInput } from '../../model/trace.ts';
import type { HopLink, PathOutcome, TraceEnd } from '../../model/trace-report.ts';
import { ownerOf } from '../../model/trace-targets.ts';
import { wayOut } from '../../model/way-out.ts';
import { Choices } from './context.ts';
import type { Host } from './host.ts';
import {
  addressText,
  type Entry,
  enter,
  firstState,
  interfaceWith,
  isReply,
  nameText,
  type Passage,
  replyTo,
  someInterface,
  tupleOf,
} from './path-host.ts';
import { bridgeOf, deviceOf, filtersBridged, type Network } from './path-network.ts';
import { type HopRecord, type PathEnd, pathOutcomes } from './path-outcomes.ts';
import { carried, carrierOf } from './path-tunnel.ts';
import type { State } from './state.ts';

/** Where a packet starts. */
export type Origin =
  | { kind: 'pod'; pod: string; node: string }
  | { kind: 'node'; node: string }
  /** Comes in at a node from outside the cluster; `in` null: by the interface that leads back to its source. */
  | { kind: 'outside'; node: string; in: string | null };

/** By `place name`; a packet may pass a host more than once. */
type Passages = ReadonlyMap<string, readonly Passage[]>;

/** One way of the packet so far. */
interface Branch {
  state: State;
  hops: readonly HopRecord[];
  /** What each host that it passed did to its addresses, for the replies. */
  passages: Passages;
}

/** An end, and where a reply starts from; null: none does. */
interface Ended extends PathEnd {
  passages: Passages;
  at: Origin | null;
}

/** More hops than these are a circle. */
const mostHops = 16;

/** All ways of a packet from its origin to its ends, and, when asked for, of the replies back. */
export function tracePath(
  network: Network,
  origin: Origin,
  packet: PacketInput,
  { evidence, reply }: { evidence: boolean; reply: boolean },
): { request: PathOutcome[]; reply: PathOutcome[] } {
  const walk = new Walk(network, new Choices(), new Map());
  const host = origin.kind === 'pod' ? network.pods.get(origin.pod) : network.nodes.get(origin.node)?.host;
  const state = firstState(packet, origin.kind === 'outside' ? undefined : host);
  const ends = walk.start(origin.kind === 'outside' ? { ...origin, in: packet.in ?? origin.in } : origin, state);
  const request = pathOutcomes(ends, evidence);
  if (!reply) return { request, reply: [] };
  const back = ends.flatMap(({ verdict, state: received, passages, at }) => {
    if (verdict !== 'accept' || at === null) return [];
    const returning = new Walk(network, walk.choices, passages);
    return returning.start(at, replyTo(received)).map(end => judgeReply(end, packet));
  });
  return { request, reply: pathOutcomes(back, evidence) };
}

/** A client takes only what comes from where it sent to. */
function judgeReply(end: PathEnd, packet: PacketInput): PathEnd {
  const { sport } = end.state.numbers;
  const from = addressText(end.state, 'saddr');
  const port = packet.port === undefined || typeof sport !== 'bigint' || sport === BigInt(packet.port);
  if (end.verdict !== 'accept' || from === null || (from === canonical(packet.destination) && port)) return end;
  end.state.assume(`the client drops a reply from ${hostPort(from, Number(sport))}, where it sent no request to`);
  return { ...end, verdict: 'drop' };
}

const podsPass = "pods' own network namespaces, where they were not looked at, let packets through";
const worldPasses = 'what lies beyond the nodes lets packets through';

class Walk {
  readonly choices: Choices;
  private readonly network: Network;
  /** For a reply: what the request's hosts did. */
  private readonly before: Passages;

  constructor(network: Network, choices: Choices, before: Passages) {
    this.network = network;
    this.choices = choices;
    this.before = before;
  }

  start(origin: Origin, state: State): Ended[] {
    const branch: Branch = { state, hops: [], passages: new Map() };
    const made: Entry = { at: 'output', in: '', port: '' };
    switch (origin.kind) {
      case 'outside':
        return this.intoNode(origin.node, origin.in, branch);
      case 'node':
        return this.node(origin.node, made, branch);
      case 'pod':
        return this.pod(origin.pod, origin.node, made, branch);
    }
  }

  private pod(pod: string, node: string, entry: Entry, branch: Branch): Ended[] {
    const host = this.network.pods.get(pod);
    const end: TraceEnd = { kind: 'pod', name: pod, node };
    const at: Origin = { kind: 'pod', pod, node };
    if (host !== undefined) {
      return this.through({ place: 'pod', name: pod, host, end, at }, entry, branch, (next, hop) =>
        this.outOfPod(pod, node, next, hop),
      );
    }
    branch.state.assume(podsPass);
    const hop = unseen('pod', pod, entry);
    if (entry.at === 'output') return this.outOfPod(pod, node, branch, hop);
    return this.end(branch, hop, 'accept', end, at);
  }

  /** To the node, by its interface that leads to the pod. Between ports of a bridge without br_netfilter, past the node's IP. */
  private outOfPod(pod: string, node: string, branch: Branch, hop: HopRecord): Ended[] {
    const { state } = branch;
    const destination = addressText(state, 'daddr');
    const device = deviceOf(this.network, node, addressText(state, 'saddr'));
    const bridge = bridgeOf(this.network, node, device);
    const to = destination === null ? null : ownerOf(destination, this.network.objects);
    const onLink = hop.lookedAt
      ? (state.route?.gateway ?? null) === null
      : deviceOf(this.network, node, destination) === device;
    const neighbour = bridge !== null && onLink && to?.kind === 'pod' && to.node === node ? to.name : null;
    const next = joined(branch, hop, bridge === null ? { kind: 'veth' } : { kind: 'bridge', bridge });
    if (neighbour !== null && filtersBridged(this.network, node) === false) return this.intoPod(neighbour, node, next);
    return this.intoNode(node, device, next, this.network.ports.get(pod)?.name ?? null);
  }

  private intoPod(pod: string, node: string, branch: Branch): Ended[] {
    const host = this.network.pods.get(pod);
    const own = host === undefined ? null : interfaceWith(host, addressText(branch.state, 'daddr') ?? '');
    return this.pod(pod, node, { at: 'prerouting', in: own ?? someInterface(), port: '' }, branch);
  }

  private intoNode(node: string, device: string | null, branch: Branch, port: string | null = null): Ended[] {
    const input = device ?? deviceOf(this.network, node, addressText(branch.state, 'saddr'));
    const bridged = bridgeOf(this.network, node, input) !== null && filtersBridged(this.network, node) !== false;
    const entry: Entry = {
      at: 'prerouting',
      in: input ?? someInterface(),
      port: bridged ? (port ?? someInterface()) : '',
    };
    return this.node(node, entry, branch);
  }

  private node(node: string, entry: Entry, branch: Branch): Ended[] {
    const host = this.network.nodes.get(node)?.host;
    if (host === undefined) {
      branch.state.assume(`${node}, which was not looked at, lets packets through`);
      return this.byOwner(node, branch, unseen('node', node, entry));
    }
    const end: TraceEnd = { kind: 'node', name: node, node };
    return this.through(
      { place: 'node', name: node, host, end, at: { kind: 'node', node } },
      entry,
      branch,
      (next, hop) => this.outOfNode(node, next, hop),
    );
  }

  private outOfNode(node: string, branch: Branch, hop: HopRecord): Ended[] {
    const { state } = branch;
    const destination = addressText(state, 'daddr');
    const gateway = state.route?.gateway ?? null;
    if (hop.out === null || destination === null) return this.byOwner(node, branch, hop);
    const { nodes, objects } = this.network;
    const way = wayOut(node, { device: hop.out, gateway, destination }, nodes, objects);
    if (way.kind === 'pod') {
      const link: HopLink = way.bridge === null ? { kind: 'veth' } : { kind: 'bridge', bridge: way.bridge };
      if (way.bridge !== null && this.refusesHairpin(way.pod, node, branch))
        return this.end(branch, { ...hop, link }, 'drop', null, null);
      return this.intoPod(way.pod, node, joined(branch, hop, link));
    }
    const link: HopLink =
      way.tunnel === null
        ? { kind: 'network', nextHop: gateway }
        : { kind: 'tunnel', device: hop.out, type: way.tunnel.overlay.kind, remote: way.tunnel.remote };
    if (way.kind === 'outside') return this.leave(node, branch, { ...hop, link });
    if (way.assumed !== null) state.assume(way.assumed);
    const next = joined(branch, hop, link);
    const refused = way.tunnel === null ? null : this.refusedCarrier(node, way.node, way.tunnel, state);
    if (refused !== null) return this.end(next, refused.hop, refused.verdict, null, null);
    return this.intoNode(way.node, way.in, next);
  }

  /** Where the packet that carries a tunnelled one does not get to the other node: on which of the two, and how. */
  private refusedCarrier(
    from: string,
    to: string,
    { overlay, remote }: { overlay: Overlay; remote: string },
    state: State,
  ): { hop: HopRecord; verdict: PathEnd['verdict'] } | null {
    const packet = carrierOf(overlay, remote);
    if (packet === null) return null;
    const uplink = deviceOf(this.network, to, packet.source);
    for (const name of [from, to]) {
      const host = this.network.nodes.get(name)?.host;
      if (host === undefined) continue;
      const input = name === from ? null : uplink;
      const { verdict, rejectWith, step } = carried(
        host,
        { ...packet, ...(input === null ? {} : { in: input }) },
        this.choices,
      );
      if (verdict === 'accept') continue;
      const carrier = `${packet.source} → ${packet.port === undefined ? remote : hostPort(remote, packet.port)}`;
      state.rejectWith = rejectWith;
      if (verdict === 'unknown') state.doubt(`whether ${name} lets ${carrier} through`);
      return { hop: { place: 'node', name, lookedAt: true, carrier, in: input, out: null, link: null, step }, verdict };
    }
    return null;
  }

  /** Where the routes are not known: to whom the API says that the address belongs. */
  private byOwner(node: string, branch: Branch, hop: HopRecord): Ended[] {
    const destination = addressText(branch.state, 'daddr');
    const owner = destination === null ? null : ownerOf(destination, this.network.objects);
    if (owner?.kind === 'node' && owner.node === node)
      return this.end(branch, hop, 'accept', owner, { kind: 'node', node });
    if (owner?.node === undefined || owner.node === null)
      return this.leave(node, branch, { ...hop, link: { kind: 'network', nextHop: null } });
    if (owner.kind === 'pod' && owner.node === node) return this.intoPod(owner.name, node, joined(branch, hop, null));
    return this.intoNode(owner.node, null, joined(branch, hop, { kind: 'network', nextHop: null }));
  }

  /** Out of the cluster. An address of a service leads nowhere there. */
  private leave(node: string, branch: Branch, hop: HopRecord): Ended[] {
    const { state } = branch;
    const destination = addressText(state, 'daddr') ?? '?';
    const owner = ownerOf(destination, this.network.objects);
    if (owner?.kind === 'service') {
      state.doubt(`${destination} is of service ${owner.name}, and no rule of ${node} that is known rewrites it`);
      return this.end(branch, hop, 'unknown', null, null);
    }
    state.assume(worldPasses);
    const world: HopRecord = { ...unseen('network', null, null), lookedAt: false };
    const end = owner ?? { kind: 'address' as const, name: destination, node: null };
    return this.end({ ...branch, hops: [...branch.hops, hop] }, world, 'accept', end, {
      kind: 'outside',
      node,
      in: hop.out,
    });
  }

  /** Through one network namespace; what goes out of it goes on. */
  private through(
    { place, name, host, end, at }: Stop,
    entry: Entry,
    branch: Branch,
    onward: (branch: Branch, hop: HopRecord) => Ended[],
  ): Ended[] {
    if (branch.hops.length >= mostHops) {
      branch.state.doubt(`more than ${mostHops} hops: it goes in circles`);
      return this.end(branch, null, 'unknown', null, null);
    }
    const key = `${place} ${name}`;
    const came = tupleOf(branch.state);
    const before = (this.before.get(key) ?? []).find(passage => isReply(branch.state, passage)) ?? null;
    return enter(host, branch.state, entry, this.choices, before).flatMap(({ state, verdict }) => {
      const passages = new Map(branch.passages).set(key, [
        ...(branch.passages.get(key) ?? []),
        { came, left: tupleOf(state) },
      ]);
      const goesOut = verdict === 'accept' && state.route?.to === 'out';
      const hop: HopRecord = {
        place,
        name,
        lookedAt: true,
        carrier: null,
        in: nameText(entry.in),
        out: goesOut ? nameText(state.route?.interface) : null,
        link: null,
        step: state.step,
      };
      const next = { state, hops: branch.hops, passages };
      if (goesOut) return onward(next, hop);
      return verdict === 'accept' ? this.end(next, hop, verdict, end, at) : this.end(next, hop, verdict, null, null);
    });
  }

  private end(
    { state, hops, passages }: Branch,
    last: HopRecord | null,
    verdict: PathEnd['verdict'],
    end: TraceEnd | null,
    at: Origin | null,
  ): Ended[] {
    return [{ state, verdict, hops: last === null ? hops : [...hops, last], end, passages, at }];
  }

  /** With br_netfilter a packet that was rewritten back to its own port is bridged: the port must allow that. */
  private refusesHairpin(pod: string, node: string, { hops, state }: Branch): boolean {
    const [first] = hops;
    if (first?.place !== 'pod' || first.name !== pod || filtersBridged(this.network, node) === false) return false;
    const hairpin = this.network.ports.get(pod)?.hairpin ?? null;
    if (hairpin === false) state.doubt(`hairpin mode is off at the bridge port of ${pod}`);
    if (hairpin === null) state.assume(`hairpin mode is on at the bridge port of ${pod}`);
    return hairpin === false;
  }
}

/** A network namespace on the way, and who has it. */
interface Stop {
  place: 'pod' | 'node';
  name: string;
  host: Host;
  end: TraceEnd;
  at: Origin;
}

function joined({ state, hops, passages }: Branch, hop: HopRecord, link: HopLink | null): Branch {
  return { state, passages, hops: [...hops, { ...hop, link }] };
}

function unseen(place: HopRecord['place'], name: string | null, entry: Entry | null): HopRecord {
  return { place, name, lookedAt: false, carrier: null, in: nameText(entry?.in), out: null, link: null, step: null };
}
