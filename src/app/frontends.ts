import type { FrontPacket, Ground } from '../analyse/service/packet.ts';
import { frontendWays } from '../analyse/service/tree.ts';
import type { Host } from '../analyse/trace/host.ts';
import { canonical, familyOf, formatAddress, parsePrefix } from '../model/address.ts';
import type { Family } from '../model/report.ts';
import { frontendsOf } from '../model/service-facts.ts';
import type { Frontend, ServiceEndpoint, ServiceFacts, Target } from '../model/service-report.ts';
import type { NodeRecord } from '../parse/kubernetes/nodes.ts';
import type { PodRecord } from '../parse/kubernetes/pods.ts';

/** Where front ends are looked at from. */
export interface View {
  host: Host;
  /** As the API has it; undefined: it does not. */
  node: NodeRecord | undefined;
  pods: readonly PodRecord[];
  endpoints: readonly ServiceEndpoint[];
  evidence: boolean;
}

/** A service's front ends, with the ways that packets to each go through a node's rules. */
export function readFrontends(service: ServiceFacts, said: readonly string[], view: View): Frontend[] {
  const name = namer(view.pods, view.endpoints);
  return frontendsOf(service, familiesOf(said, service)).map(front => ({
    ...front,
    ...frontendWays(view.host.rules, packetTo(front, view), { name, evidence: view.evidence }),
  }));
}

/** As the service says, or as its cluster IPs show. */
function familiesOf(said: readonly string[], { clusterIPs }: ServiceFacts): Family[] {
  const own = said.length > 0 ? said : clusterIPs.map(familyOf);
  return (['IPv4', 'IPv6'] as const).filter(family => own.includes(family));
}

function packetTo(
  { family, address, port, protocol }: Pick<Frontend, 'family' | 'address' | 'port' | 'protocol'>,
  { host, node }: View,
): FrontPacket {
  const own = node?.ips.find(ip => familyOf(ip) === family);
  const any = host.addresses?.find(each => each.family === family && each.interface !== 'lo')?.address ?? null;
  const daddr = parsePrefix(address ?? own ?? '')?.value ?? any;
  const isLocal = host.addresses?.some(each => each.family === family && each.address === daddr) ?? false;
  const lower = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;
  return { family, daddr, local: address === null || isLocal, protocol: lower[protocol], port: BigInt(port) };
}

/** Names an address by the pod that has it; a host-network pod only where it is an endpoint of the service. */
function namer(pods: readonly PodRecord[], endpoints: readonly ServiceEndpoint[]): Ground['name'] {
  const owners = new Map<string, Pick<Target, 'pod' | 'node'>>();
  for (const pod of pods)
    if (!pod.hostNetwork && pod.phase !== 'Succeeded' && pod.phase !== 'Failed')
      for (const ip of pod.ips) owners.set(canonical(ip), { pod: `${pod.namespace}/${pod.name}`, node: pod.nodeName });
  for (const { address, pod, node } of endpoints) if (pod !== null) owners.set(address, { pod, node });
  return (family, address, port) => {
    const text = formatAddress(address, family);
    const owner = owners.get(text) ?? { pod: null, node: null };
    return { address: text, port: port === null ? null : Number(port), ...owner };
  };
}
