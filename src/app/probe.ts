import { randomInt } from 'node:crypto';
import { ClusterError, UsageError } from '../errors.ts';
import { contains, parsePrefix } from '../model/address.ts';
import { type AddressNames, addressNames } from '../model/address-names.ts';
import type { Probe, ProbeReport } from '../model/probe-report.ts';
import { acceptedOf, addressOf, probeOf } from '../model/probes.ts';
import type { Family } from '../model/report.ts';
import type { TracePath } from '../model/trace-report.ts';
import type { ClusterObjects } from '../model/trace-targets.ts';
import { type ConntrackRecord, parseConntrack } from '../parse/conntrack.ts';
import { parseProbe } from '../parse/probe-output.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import { type ProbeShot, ports, probeCommand } from './probe-command.ts';
import { hopsTo, mtuTo } from './probe-path.ts';
import type { RemotePlace } from './remote-target.ts';
import { type TraceQuestion, tracer } from './trace.ts';

/** How to probe. */
export interface ProbeWishes {
  count: number;
  timeoutSeconds: number;
  family: Family | null;
  http: ProbeShot['http'];
  traceroute: boolean;
  mtu: boolean;
}

/** Ends whose path MTU is asked for. */
const mostEnds = 4;

export const mostProbes = 2000;
const conntrackSeconds = 20;

/**
 * Sends the probes of each address that the destination means, from the source's network namespace, and holds what came of
 * them against the trace through the same snapshot. Throws UsageError for what cannot be traced or probed, ClusterError
 * when the probes cannot be sent.
 */
export async function probe(
  place: RemotePlace,
  snapshot: Snapshot,
  question: Omit<TraceQuestion, 'allNodes' | 'reply' | 'evidence'>,
  wishes: ProbeWishes,
  objects: ClusterObjects,
): Promise<ProbeReport> {
  const time = new Date().toISOString();
  const trace = tracer(snapshot)({ ...question, allNodes: false, reply: false, evidence: false });
  const paths = trace.paths.filter(
    ({ direction, family }) => direction === 'request' && (wishes.family === null || family === wishes.family),
  );
  if (paths.length === 0)
    throw new UsageError(
      'no-family',
      `there is no ${wishes.family} way from ${trace.source.name} to ${trace.destination.name}`,
      'leave out --family',
    );
  const service = objects.services.find(
    ({ namespace, name }) => trace.destination.kind === 'service' && `${namespace}/${name}` === trace.destination.name,
  );
  const names = addressNames(objects);
  const probes: Probe[] = [];
  for (const path of paths) {
    const shot = shotOf(path, wishes);
    const attempts = await shoot(place, shot);
    const entries =
      shot.kind === 'icmp'
        ? 'conntrack tells no connections of ICMP apart'
        : await entriesOf(place, path, attempts.length);
    const found = probeOf({
      path,
      protocol: shot.kind === 'http' ? 'tcp' : shot.kind,
      httpPath: shot.http?.path ?? null,
      attempts,
      entries,
      names,
      isSticky: service?.sessionAffinity === 'ClientIP',
    });
    if (wishes.traceroute) found.hops = await hopsTo(place, shot, holderOf(names, objects));
    if (wishes.mtu) {
      const ends = [...new Set(acceptedOf(path).map(({ to }) => addressOf(to)))].slice(0, mostEnds);
      found.mtu = await Promise.all(ends.map(address => mtuTo(place, path.family, address, names)));
    }
    probes.push(found);
  }
  return {
    apiVersion: 'netinspect/v1',
    kind: 'ProbeReport',
    time,
    source: trace.source,
    destination: trace.destination,
    probes,
    notes: trace.notes,
  };
}

/** Who has an address; a gateway or tunnel end of a node's pod network is the node's. */
function holderOf(names: AddressNames, { nodes }: ClusterObjects): (address: string) => string | null {
  return address => {
    const known = names.name(address);
    const own = parsePrefix(address);
    if (known !== null || own === null) return known;
    const node = nodes.find(({ podCIDRs }) =>
      podCIDRs.some(cidr => {
        const prefix = parsePrefix(cidr);
        return prefix !== null && contains(prefix, own);
      }),
    );
    return node === undefined ? null : `${node.name}, pod network`;
  };
}

function shotOf({ packet, family }: TracePath, { count, timeoutSeconds, http }: ProbeWishes): ProbeShot {
  const { protocol, destination, port = null } = packet;
  const isIcmp = protocol === 'icmp' || protocol === 'icmpv6' || protocol === '1' || protocol === '58';
  if (!isIcmp && protocol !== 'tcp' && protocol !== 'udp')
    throw new UsageError('bad-protocol', `${protocol} cannot be probed`, 'tcp, udp and icmp can');
  if (http !== null && protocol !== 'tcp')
    throw new UsageError('flag-conflict', `--http is over TCP, not ${protocol}`, 'leave out one of them');
  const kind = http !== null ? 'http' : isIcmp ? 'icmp' : protocol;
  const firstPort = randomInt(ports.first, ports.last - count);
  return { kind, family, address: destination, port, http, count, timeoutSeconds, firstPort };
}

async function shoot({ node, netns, target }: RemotePlace, shot: ProbeShot) {
  const { exitCode, stdout, stderr } = await node.run({
    ...probeCommand(shot),
    ...(netns === undefined ? {} : { netns }),
  });
  const attempts = parseProbe(shot.kind, stdout.toString(), shot.count);
  // ping gives 1 when nobody answered.
  if (attempts.length === shot.count && (exitCode === 0 || shot.kind === 'icmp') && exitCode < 2) return attempts;
  throw new ClusterError(
    'probe-failed',
    `the probes from ${target.title} could not all be sent: ${stderr.trim().split('\n').at(-1) || `${attempts.length} of ${shot.count}, exit code ${exitCode}`}`,
    'name a debug image with socat, curl, nc and ping with --debug-image',
  );
}

/** The node's entries of the connections; says why when there are none to be had. */
async function entriesOf(
  { node }: RemotePlace,
  { packet, family }: TracePath,
  count: number,
): Promise<ConntrackRecord[] | string> {
  const { source, destination, protocol, port } = packet;
  const { exitCode, stdout, stderr } = await node.run({
    argv: [
      ...['conntrack', '-L', '-o', 'extended', '-f', family === 'IPv4' ? 'ipv4' : 'ipv6', '-p', protocol],
      ...['--orig-src', source, '--orig-dst', destination],
      ...(port === undefined ? [] : ['--orig-port-dst', String(port)]),
    ],
    deadlineSeconds: conntrackSeconds,
  });
  if (exitCode !== 0)
    return `conntrack on ${node.name}: ${stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`}`;
  const { records } = parseConntrack(stdout.toString());
  return records.length === 0 && count > 0 ? `${node.name} tracks none of these connections` : records;
}
