import type { PodName } from '../app/open.ts';
import { UsageError } from '../errors.ts';

const podKinds = ['pod', 'pods', 'po'];
const serviceKinds = ['service', 'services', 'svc'];
const nodeKinds = ['node', 'nodes', 'no'];

/** RFC 1123 subdomain, as Kubernetes names pods and nodes. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Gives the name. Throws UsageError when Kubernetes has no such names. */
export function checked(kind: string, name: string): string {
  if (name.length <= 253 && subdomain.test(name)) return name;
  throw new UsageError(
    'bad-name',
    `${JSON.stringify(name)} is not a ${kind} name`,
    'names have lower-case letters, digits, "-" and "."',
  );
}

/** Reads `[pod/][NAMESPACE/]NAME`; `flag` is -n. Throws UsageError when malformed, or when the two namespaces differ. */
export function podName(text: string | undefined, flag: string | undefined): PodName {
  return namespacedName('pod', podKinds, text, flag);
}

/** Reads `[service/][NAMESPACE/]NAME` or `NAME.NAMESPACE.svc…`; `flag` is -n. Throws as podName does. */
export function serviceName(text: string | undefined, flag: string | undefined): PodName {
  const [, name, namespace] = /^([^./]+)\.([^./]+)\.svc(\..*)?$/.exec(text ?? '') ?? [];
  const plain = name === undefined ? text : `${namespace}/${name}`;
  return namespacedName('service', serviceKinds, plain, flag);
}

function namespacedName(
  kind: 'pod' | 'service',
  kinds: readonly string[],
  text: string | undefined,
  flag: string | undefined,
): PodName {
  if (text === undefined)
    throw new UsageError('missing-name', `a ${kind} name is needed`, `for instance: kubectl netinspect ${kind} web`);
  const parts = text.split('/');
  if (parts.length > 1 && kinds.includes(parts[0] ?? '')) parts.shift();
  const name = checked(kind, parts.pop() ?? '');
  const given = parts.length > 0 ? checked('namespace', parts.join('/')) : undefined;
  if (given !== undefined && flag !== undefined && given !== flag)
    throw new UsageError('two-namespaces', `${text} and -n ${flag} name two namespaces`, 'give one of them');
  const namespace = given ?? flag;
  return { namespace: namespace === undefined ? undefined : checked('namespace', namespace), name };
}

/** Reads `[node/]NAME`. Throws UsageError when malformed. */
export function nodeName(text: string | undefined): string {
  if (text === undefined)
    throw new UsageError('missing-name', 'a node name is needed', 'for instance: kubectl netinspect node worker-1');
  const [kind = '', ...rest] = text.split('/');
  return checked('node', rest.length > 0 && nodeKinds.includes(kind) ? rest.join('/') : text);
}

/** True for `pod/…`, false for `node/…`. Throws UsageError for anything else. */
export function isPodTarget(text: string): boolean {
  const kind = text.split('/', 1)[0] ?? '';
  if (text.includes('/') && podKinds.includes(kind)) return true;
  if (text.includes('/') && nodeKinds.includes(kind)) return false;
  throw new UsageError(
    'bad-target',
    `${JSON.stringify(text)} is neither pod/NAME nor node/NAME`,
    'for instance: pod/web, pod/shop/web or node/worker-1',
  );
}
