import type { Listening, PodReport, ServicePort, ServiceWay } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type Cell, cell, hanging, type Layout } from './layout.ts';
import { nothing } from './sections.ts';
import { percent } from './service-tree.ts';
import { answer, endpoint, list } from './words.ts';

const listening: Record<Listening, Cell> = {
  yes: cell('✓ listening', 'good'),
  'localhost-only': cell('✗ listening on localhost only', 'bad'),
  no: cell('✗ nobody listens', 'bad'),
  unknown: cell('? listening not known', 'doubt'),
};

/** The services that lead to the pod: addresses, readiness, ports, and the chains on its node. */
export function serviceLines({ services }: PodReport, layout: Layout): string[] {
  if (services === null) return [];
  if (services.length === 0) return nothing('no service selects the pod', layout);
  return services.flatMap(service => {
    const readiness =
      service.listed === false
        ? cell('✗ no endpoint: no EndpointSlice of the service lists the pod', 'bad')
        : answer(service.ready, 'ready endpoint', 'not a ready endpoint', 'endpoint state not known');
    const states = [
      service.terminating ? 'terminating' : '',
      service.ready === false && service.serving ? 'serving' : '',
      service.sessionAffinity === 'None' ? '' : `session affinity ${service.sessionAffinity}`,
      service.internalTrafficPolicy === 'Local' ? 'internal traffic policy Local' : '',
      service.externalTrafficPolicy === 'Local' ? 'external traffic policy Local' : '',
    ].filter(state => state !== '');
    const addresses = service.headless ? 'headless' : list(service.clusterIPs);
    const balancers = [...service.loadBalancerIPs, ...service.loadBalancerHostnames];
    const others = [
      service.externalIPs.length === 0 ? '' : `external ${list(service.externalIPs)}`,
      balancers.length === 0 ? '' : `load balancer ${list(balancers)}`,
    ].filter(text => text !== '');
    const name = cell(`${service.namespace}/${service.name}`, 'name');
    return [
      ...hanging(
        ['  ', name, '  '],
        [service.type, addresses, ...others].filter(text => text !== '').join(', '),
        layout,
      ),
      ...hanging('    ', { ...readiness, text: [readiness.text, ...states].join(', ') }, layout),
      ...service.ports.flatMap(port => portLines(port, layout)),
      ...evidenceLines(service.evidence, layout),
    ];
  });
}

function portLines(port: ServicePort, layout: Layout): string[] {
  const target = port.podPort === null ? `${port.targetPort} (no such port in the pod)` : portWords(port);
  const nodePort = port.nodePort === null ? '' : `, node port ${port.nodePort}`;
  const text = `${port.name === null ? '' : `${port.name} `}${port.port}/${port.protocol} → ${target}${nodePort}`;
  return [
    ...hanging('    ', text, layout),
    ...listeningLines(port).flatMap(line => hanging('      ', line, layout)),
    ...waysShown(port).flatMap(way => wayLines(way, layout)),
    ...chainGroups(port)
      // The ways have the chains in their order already.
      .filter(([, chains]) => port.ways.length === 0 || chains.some(({ evidence }) => evidence !== undefined))
      .flatMap(([where, chains]) => [
        ...hanging(['      ', cell(where, 'label'), ' '], list(chains.map(({ chain }) => chain)), layout),
        ...chains.flatMap(({ evidence }) => evidenceLines(evidence, layout)),
      ]),
  ];
}

/** Where each kind of client has the same share, the way of the last kind (those from outside) stands for all. */
function waysShown({ ways }: ServicePort): ServiceWay[] {
  const groups = Map.groupBy(ways, ({ frontend, family, backend }) => JSON.stringify([frontend, family, backend]));
  return [...groups.values()].flatMap(group => {
    const last = group.at(-1);
    if (last === undefined || !group.every(({ probability }) => probability === last.probability)) return group;
    return [{ ...last, clients: [] }];
  });
}

function wayLines(
  { frontend: { address, port }, family, backend, clients, chains, share }: ServiceWay,
  layout: Layout,
): string[] {
  const at = address === null ? `${family} *:${port}` : endpoint(address, port);
  const whose = clients.length === 0 ? '' : `${list(clients)}: `;
  const text = `${percent(share)} of ${at} · ${whose}${chains.join(' → ')}`;
  return hanging(['      ', cell(backend, 'label'), ' '], text, layout);
}

/** One line where the families agree, else a line each. */
function listeningLines({ listening: whole, listeningBy }: ServicePort): Cell[] {
  if (listeningBy.every(({ listening: each }) => each === whole)) return [listening[whole]];
  return listeningBy.map(({ family, listening: each }) => ({
    ...listening[each],
    text: `${listening[each].text} (${family})`,
  }));
}

function portWords({ podPort, targetPort }: ServicePort): string {
  return String(podPort) === targetPort ? targetPort : `${podPort} (${targetPort})`;
}

function chainGroups({ chains }: ServicePort) {
  return [...Map.groupBy(chains, ({ backend, family, table }) => `${backend} ${table} ${family}`)];
}
