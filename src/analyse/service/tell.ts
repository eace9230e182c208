import { hostPort } from '../../model/address.ts';
import type { Difference, Frontend, ServiceEndpoint } from '../../model/service-report.ts';

/** A front end in words, as differences name it. */
function frontendWords({ address, port, protocol }: Pick<Frontend, 'address' | 'port' | 'protocol'>): string {
  return address === null ? `node port ${port}/${protocol}` : `${hostPort(address, port)}/${protocol}`;
}

interface Named {
  endpoint: string;
  pod: string | null;
}

/** The endpoint that a difference is about. */
export function named({ address, pod }: Pick<ServiceEndpoint, 'address' | 'pod'>, port: number | null): Named {
  return { endpoint: port === null ? address : hostPort(address, port), pod };
}

/** Makes differences at a front end. */
export function teller(front: Frontend) {
  return (
    kind: Difference['kind'],
    severity: Difference['severity'],
    about: Named | null,
    since: string | null,
    text: string,
  ): Difference => ({
    kind,
    severity,
    family: front.family,
    frontends: [frontendWords(front)],
    endpoint: about?.endpoint ?? null,
    pod: about?.pod ?? null,
    since,
    text,
  });
}
