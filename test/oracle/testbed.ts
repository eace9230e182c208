import { Agent, type Sending, type Sighting } from './agent.ts';
import { type Datagram, ethernet, groupMac, ipPacket, protocols, readIp, type Seen, unframed } from './frame.ts';
import { bridgeMac, fence, hostMac, layout, worldMac } from './layout.ts';
import type { Topology } from './topology.ts';

const logGroup = 99;

/** Takes what the host itself says before any rule under test; prints nothing else into the counters. */
export const observer = `table inet oracle-observer {
  chain output {
    type filter hook output priority -500; policy accept;
    icmp type { echo-reply, timestamp-reply } drop
    icmp type { destination-unreachable, source-quench, redirect, time-exceeded, parameter-problem } log group ${logGroup} drop
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } log group ${logGroup} drop
    icmpv6 type { echo-reply, mld-listener-query, mld-listener-report, mld-listener-done, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect, mld2-listener-report } drop
    tcp flags & rst == rst log group ${logGroup} drop
    ip protocol igmp drop
    ct state established counter comment "conntrack is on, whatever the rules under test ask for"
  }
}`;

export const observerTable = 'oracle-observer';

/** Where a packet came out, as the kernel had it. */
export interface Arrival {
  /** A link's name in the host, `local`, `answer`, or `error` with errno's name in `error`. */
  at: string;
  seen: Seen | null;
  error: string | null;
}

/** Two network namespaces: the host under test with its links, and the world at their far ends. */
export class Testbed {
  readonly agent = new Agent();
  readonly topology: Topology;

  constructor(topology: Topology) {
    this.topology = topology;
  }

  /** Makes links, addresses, routes and sockets. */
  async open(): Promise<void> {
    const { world } = await this.agent.namespaces;
    await this.agent.exec(['sh', '-c', layout(this.topology, world)]);
    await this.agent.exec(['nft', '-f', '-'], observer);
    await this.agent.open({
      world: this.topology.links.map(link => link.world),
      fence,
      protocols: Object.values(protocols),
      group: logGroup,
    });
  }

  /** How to send a datagram in by a link, or from the host itself (`link` null). */
  sending(datagram: Datagram, link: string | null, mark = 0): Sending {
    const bytes = ipPacket(datagram);
    if (link === null) {
      const { protocol, source, sourcePort, destination, port } = datagram;
      if (protocol === 'udp' || (protocol === 'tcp' && datagram.answers === undefined)) {
        return { via: protocol, from: [source, sourcePort], to: [destination, port], mark };
      }
      return { via: 'raw', bytes: bytes.toString('hex'), to: [destination], mark };
    }
    const index = this.topology.links.findIndex(({ host }) => host === link);
    const into = this.topology.links[index];
    if (into === undefined) throw new Error(`no link ${link}`);
    const peer = this.topology.links.findIndex(
      other => into.bridge !== null && other.bridge === into.bridge && other.neighbours.includes(datagram.destination),
    );
    const to =
      groupMac(datagram.destination) ?? (into.bridge === null ? hostMac(index) : peer < 0 ? bridgeMac : worldMac(peer));
    return { via: into.world, bytes: ethernet(to, worldMac(index), bytes).toString('hex') };
  }

  /** Sends packets one after the other; gives where each came out. */
  async run(packets: Sending[]): Promise<Arrival[][]> {
    return (await this.agent.run(packets)).map(sightings => sightings.flatMap(sighting => this.#arrival(sighting)));
  }

  #arrival([at, data]: Sighting): Arrival[] {
    if (at === 'error') return [{ at, seen: null, error: data }];
    const bytes = Buffer.from(data, 'hex');
    const link = this.topology.links.find(({ world }) => world === at);
    const packet = link === undefined ? bytes : unframed(bytes);
    const seen = packet === null ? null : readIp(packet);
    return seen === null ? [] : [{ at: link?.host ?? at, seen, error: null }];
  }

  async close(): Promise<void> {
    await this.agent.close();
  }
}
