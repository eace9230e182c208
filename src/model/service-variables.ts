import type { ServiceRecord } from '../parse/kubernetes/services.ts';
import { hostPort } from './address.ts';

/**
 * The variables that kubelet makes of a service for containers that start now, in its order; none for a headless one
 * (kubernetes pkg/kubelet/envvars/envvars.go FromServices).
 */
export function serviceVariables({ name, clusterIPs, ports, type }: ServiceRecord): Map<string, string> {
  const [address = 'None'] = clusterIPs;
  const [first] = ports;
  const found = new Map<string, string>();
  if (address === 'None' || address === '' || type === 'ExternalName' || first === undefined) return found;
  const prefix = variableName(name);
  found.set(`${prefix}_SERVICE_HOST`, address);
  found.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports)
    if (port.name !== null && port.name !== '')
      found.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  ports.forEach(({ protocol, port }, at) => {
    const url = `${protocol.toLowerCase()}://${hostPort(address, port)}`;
    if (at === 0) found.set(`${prefix}_PORT`, url);
    const own = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    found.set(own, url);
    found.set(`${own}_PROTO`, protocol.toLowerCase());
    found.set(`${own}_PORT`, String(port));
    found.set(`${own}_ADDR`, address);
  });
  return found;
}

/** What the names of a service's variables begin with. */
export function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
