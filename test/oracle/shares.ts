import { tracePacket } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import type { Outcome } from '../../src/model/trace.ts';
import { packetInput } from './agree.ts';
import type { Shot } from './generate/packets.ts';
import type { Program } from './generate/rule-lines.ts';
import { install } from './install.ts';
import { observe } from './observe.ts';
import type { Testbed } from './testbed.ts';

/** How often an endpoint was chosen, and how often the trace says; both from 0 to 1. */
export interface EndpointShare {
  to: string;
  seen: number;
  share: number;
}

/** The end of what is dropped on the way to an endpoint. */
const nowhere = 'nowhere';

/** Opens `count` TCP connections from a pod of the node to port 80 of a service. */
export async function endpointShares(
  testbed: Testbed,
  programs: readonly Program[],
  service: string,
  count: number,
): Promise<EndpointShare[]> {
  const pod = testbed.topology.links.find(({ host, neighbours }) => host.startsWith('veth') && neighbours.length > 0);
  if (pod?.neighbours[0] === undefined) throw new Error('the node has no pod');
  const source = pod.neighbours[0];
  const shots = Array.from(
    { length: count },
    (_, serial): Shot => ({
      datagram: { source, destination: service, protocol: 'tcp', sourcePort: 10_000 + serial, port: 80 },
      link: pod.host,
      mark: 0,
    }),
  );
  const { files } = await install(testbed, programs);
  const [first] = shots;
  const outcomes = first === undefined ? [] : tracePacket(loadRuleFiles(files, { local: [] }).host, packetInput(first));
  const arrivals = await testbed.run(shots.map(({ datagram, link }) => testbed.sending(datagram, link)));
  const seen = new Map<string, number>();
  for (const [index, shot] of shots.entries()) {
    const { kind, destination, port } = observe(testbed.topology, shot, arrivals[index] ?? []);
    const to = kind === 'out' ? `${destination}:${port}` : nowhere;
    seen.set(to, (seen.get(to) ?? 0) + 1);
  }
  const shares = new Map<string, number>();
  for (const outcome of outcomes) {
    const to = outcome.verdict === 'accept' ? outcome.to : nowhere;
    shares.set(to, (shares.get(to) ?? 0) + known(outcome.share));
  }
  return [...new Set([...seen.keys(), ...shares.keys()])].map(to => ({
    to,
    seen: (seen.get(to) ?? 0) / count,
    share: shares.get(to) ?? 0,
  }));
}

function known(share: Outcome['share']): number {
  if (share === null) throw new Error('an outcome has no share');
  return share;
}
