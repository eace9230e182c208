import { canonical } from '../../model/address.ts';
import type { EndpointShare, Frontend, ServiceEndpoint, ServiceFacts } from '../../model/service-report.ts';

/** The node that rules are held against the EndpointSlices for. */
export interface NodePlace {
  name: string;
  /** The label topology.kubernetes.io/zone; null when not known. */
  zone: string | null;
}

/** Endpoints that kube-proxy should send to (kubernetes pkg/proxy/topology.go CategorizeEndpoints). */
export interface Expected {
  /** Must be there. */
  required: Candidate[];
  /** May be left out on this node, by topology hints. */
  hinted: Candidate[];
}

export interface Candidate {
  endpoint: ServiceEndpoint;
  /** As its slice gives it for the front end's port; null: the front end's own. */
  port: number | null;
}

/** The service's endpoints that have a port for the front end. */
export function candidatesOf(endpoints: readonly ServiceEndpoint[], front: Frontend): Candidate[] {
  return endpoints
    .filter(({ family }) => family === front.family)
    .flatMap(endpoint => {
      const port = endpoint.ports.find(
        ({ name, protocol }) => (name ?? null) === front.portName && protocol === front.protocol,
      );
      return port === undefined ? [] : [{ endpoint, port: port.port }];
    });
}

/**
 * True when packets of these clients may go to endpoints of this node only. With external policy Local, pods and the node
 * itself still reach every endpoint: the rules ask for them.
 */
export function staysLocal(service: ServiceFacts, front: Frontend, { when }: EndpointShare): boolean {
  if (front.kind === 'cluster-ip') return service.internalTrafficPolicy === 'Local';
  return service.externalTrafficPolicy === 'Local' && when.every(words => words.startsWith('not '));
}

/** The endpoints that packets should go to: the ready ones, or those that still serve while they end. */
export function expectedOf(candidates: readonly Candidate[], node: NodePlace, local: boolean): Expected {
  const near = local ? candidates.filter(({ endpoint }) => endpoint.node === node.name) : candidates;
  const ready = near.filter(({ endpoint }) => endpoint.ready);
  if (ready.length === 0)
    return { required: near.filter(({ endpoint }) => endpoint.serving && endpoint.terminating), hinted: [] };
  if (local) return { required: ready, hinted: [] };
  const here = ready.filter(({ endpoint }) => isHintedTo(endpoint, node));
  // Hints count when every endpoint has some, and one is meant for here.
  const hints =
    ready.every(({ endpoint: { hints } }) => hints.zones.length + hints.nodes.length > 0) && here.length > 0;
  return hints
    ? { required: here, hinted: ready.filter(each => !here.includes(each)) }
    : { required: ready, hinted: [] };
}

function isHintedTo({ hints: { zones, nodes } }: ServiceEndpoint, node: NodePlace): boolean {
  return (node.zone !== null && zones.includes(node.zone)) || nodes.includes(node.name);
}

/** True for the same address and port. */
export function isSame({ endpoint, port }: Candidate, address: string, number: number | null): boolean {
  return canonical(endpoint.address) === canonical(address) && (port === null || number === null || port === number);
}
