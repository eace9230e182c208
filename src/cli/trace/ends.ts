import { isIPv4, isIPv6 } from 'node:net';
import type { EndName, NamedDestination } from '../../app/trace-ends.ts';
import { UsageError } from '../../errors.ts';
import { checked } from '../names.ts';

const kinds: Readonly<Record<string, Exclude<EndName['kind'], 'internet' | 'local' | 'address'>>> = {
  pod: 'pod',
  pods: 'pod',
  po: 'pod',
  service: 'service',
  services: 'service',
  svc: 'service',
  node: 'node',
  nodes: 'node',
  no: 'node',
  deployment: 'deployment',
  deployments: 'deployment',
  deploy: 'deployment',
  statefulset: 'statefulset',
  statefulsets: 'statefulset',
  sts: 'statefulset',
  daemonset: 'daemonset',
  daemonsets: 'daemonset',
  ds: 'daemonset',
};

/**
 * Reads one end of a trace: `[KIND/]NAME`, `KIND/NAMESPACE/NAME`, `NAME.NAMESPACE.svc`, an IP address, `internet`, `local`. A
 * bare name is a pod; `namespace` is -n. Throws UsageError.
 */
export function readEnd(text: string, namespace: string | undefined): EndName {
  if (text === 'internet' || text === 'local') return { kind: text };
  const unbracketed = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIPv6(unbracketed) || isIPv4(text)) return { kind: 'address', address: unbracketed };
  if (/^[\d.]+$/.test(text) || (text.includes(':') && !text.includes('/')))
    throw new UsageError('bad-address', `${JSON.stringify(text)} is not an IP address`);
  if (text.includes('/')) return readPath(text, namespace);
  const [, name, of] = /^([^.]+)\.([^.]+)\.svc(?:\..*)?$/.exec(text) ?? [];
  if (name !== undefined && of !== undefined)
    return { kind: 'service', namespace: checked('namespace', of), name: checked('service', name) };
  return { kind: 'pod', namespace, name: checked('pod', text) };
}

/** Reads `DST[:PORT][/PROTOCOL]`. Throws UsageError. */
export function readDestination(text: string, namespace: string | undefined): NamedDestination {
  const [, before, ending] = /^(.+)\/(tcp|udp|sctp|icmp|icmpv6)$/i.exec(text) ?? [];
  const suffixed = before !== undefined && kinds[before] === undefined;
  const rest = suffixed ? before : text;
  const protocol = suffixed ? (ending?.toLowerCase() ?? null) : null;
  // The colons of an IPv6 address with a port need brackets around it.
  const [, host = rest, port = null] = /^([^:]*|\[.*\]):([^:\]]*)$/.exec(rest) ?? [];
  if (
    port !== null &&
    !(/^\d+$/.test(port) ? Number(port) <= 65_535 : /^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(port))
  )
    throw new UsageError(
      'bad-port',
      `${JSON.stringify(port)} is not a port`,
      'give a number to 65535, or the name of a service port',
    );
  return { text, end: readEnd(host, namespace), port, protocol };
}

function readPath(text: string, namespace: string | undefined): EndName {
  const parts = text.split('/');
  const kind = kinds[parts[0] ?? ''] ?? null;
  if (kind !== null) parts.shift();
  if (parts.length > 2 || (kind === 'node' && parts.length > 1))
    throw new UsageError(
      'bad-target',
      `${JSON.stringify(text)} names nothing`,
      'write it like svc/web or pod/shop/web-0',
    );
  const name = checked(kind ?? 'pod', parts.pop() ?? '');
  if (kind === 'node') return { kind, name };
  const [given] = parts;
  return { kind: kind ?? 'pod', namespace: given === undefined ? namespace : checked('namespace', given), name };
}
