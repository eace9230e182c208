import type { Note, PodService, ServicePort } from './report.ts';

/** What keeps a service's traffic from being answered by the pod: ports on which nobody listens, endpoints not ready. */
export function serviceNotes(services: readonly PodService[]): Note[] {
  return [...services.flatMap(service => service.ports.flatMap(port => deaf(service, port))), ...idle(services)];
}

function deaf(service: PodService, port: ServicePort): Note[] {
  const from = `service ${service.namespace}/${service.name} sends ${port.port}/${port.protocol} to`;
  const note = (code: string, text: string): Note[] => [
    { code, severity: 'warning', text: `${from} ${text}`, evidence: service.evidence ?? [] },
  ];
  if (port.podPort === null) return note('no-such-port', `the port ${port.targetPort}, which the pod does not have`);
  const { podPort, listeningBy } = port;
  const of = (state: string) => listeningBy.filter(({ listening }) => listening === state).map(({ family }) => family);
  const where = (families: string[]) =>
    families.length === listeningBy.length ? '' : ` over ${families.join(' and ')}`;
  const [nobody, local] = [of('no'), of('localhost-only')];
  return [
    ...(nobody.length === 0 ? [] : note('nobody-listens', `port ${podPort}, where nobody listens${where(nobody)}`)),
    ...(local.length === 0
      ? []
      : note('listens-on-localhost', `port ${podPort}, where the pod listens on localhost only${where(local)}`)),
  ];
}

function idle(services: readonly PodService[]): Note[] {
  const waiting = services.filter(({ ready, listed }) => ready === false || listed === false);
  if (waiting.length === 0) return [];
  const names = waiting.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  const text = `the pod is not a ready endpoint of ${waiting.length === 1 ? 'service' : 'services'} ${names}`;
  const evidence = waiting.flatMap(service => service.evidence ?? []);
  return [{ code: 'endpoint-not-ready', severity: 'warning', text, evidence }];
}
