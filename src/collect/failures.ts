import { ClusterError } from '../errors.ts';
import type { Pod } from './kinds.ts';

/** Where a debug pod was to run, for messages. */
export interface DebugPlace {
  node: string;
  namespace: string;
  image: string;
}

interface Rule {
  pattern: RegExp;
  code: string;
  next: (place: DebugPlace, match: RegExpExecArray) => string;
}

const otherNamespace = 'name a namespace that allows privileged pods with --debug-namespace (often kube-system)';

/** What `kubectl debug` says on stderr when it fails; the first rule that matches decides. */
const debugRules: Rule[] = [
  {
    pattern: /unknown profile: sysadmin|unknown flag: --profile/,
    code: 'kubectl-too-old',
    next: () =>
      'kubectl debug --profile=sysadmin needs kubectl 1.30 or newer: update it, or name another with KUBECTL_PATH',
  },
  { pattern: /violates PodSecurity/, code: 'pod-security', next: () => otherNamespace },
  {
    pattern: /exceeded quota|failed quota|is forbidden: (maximum|minimum) .* usage per/,
    code: 'quota',
    next: ({ namespace }) =>
      `namespace ${namespace} has a quota or limit range that refuses the debug pod: name another one with --debug-namespace`,
  },
  {
    pattern: /admission webhook "([^"]+)" denied|failed calling webhook "([^"]+)"|ValidatingAdmissionPolicy '([^']+)'/,
    code: 'admission-refused',
    next: (_place, match) => `ask who runs the policy ${match[1] ?? match[2] ?? match[3]}, or ${otherNamespace}`,
  },
  {
    pattern: /unable to validate against any (pod security policy|security context constraint)/,
    code: 'admission-refused',
    next: () => otherNamespace,
  },
  {
    pattern: /cannot (\w+) resource "([^"]+)"/,
    code: 'forbidden',
    next: (_place, match) => `ask for a role that allows "${match[1]}" on "${match[2]}"`,
  },
  { pattern: /\(NotFound\).*nodes "/, code: 'node-not-found', next: () => 'see `kubectl get nodes`' },
  {
    pattern: /\(NotFound\).*namespaces "/,
    code: 'namespace-not-found',
    next: () => 'name a namespace that exists with -n or --debug-namespace',
  },
  { pattern: /invalid image name/, code: 'image-pull', next: () => 'correct --debug-image' },
  { pattern: /\(Unauthorized\)|You must be logged in/, code: 'unauthorized', next: () => 'log in again' },
  { pattern: /is forbidden: /, code: 'admission-refused', next: () => otherNamespace },
  {
    pattern:
      /connection refused|no such host|i\/o timeout|TLS handshake|connection reset|unexpected EOF|Unable to connect|was refused/,
    code: 'connection-lost',
    next: () => 'check your network and try again',
  },
];

/** What `kubectl exec` says on stderr when it cannot run the collector. */
const execRules: Rule[] = [
  {
    pattern: /cannot (\w+) resource "([^"]+)"/,
    code: 'forbidden',
    next: (_place, match) => `ask for a role that allows "${match[1]}" on "${match[2]}"`,
  },
  {
    pattern: /error dialing backend|dial tcp .*:10250/,
    code: 'exec-refused',
    next: ({ node }) =>
      `the API server cannot reach the kubelet of ${node} (port 10250): check the network between them`,
  },
  {
    pattern: /exec: "sh"|executable file not found/,
    code: 'exec-refused',
    next: ({ image }) => `the image ${image} has no sh: name another one with --debug-image`,
  },
  {
    // A container that ends kills what was run in it.
    pattern: /terminated with exit code 137/,
    code: 'debug-pod-gone',
    next: ({ node }) => `the debug container ended meanwhile: ${node} may be too slow or short of memory; try again`,
  },
  {
    pattern: /completed pod|container not found|not found/,
    code: 'debug-pod-gone',
    next: () => 'somebody or something deleted the debug pod: try again',
  },
  {
    pattern: /is forbidden: |admission webhook/,
    code: 'exec-refused',
    next: () => 'an admission policy refuses exec: ask who runs it',
  },
  {
    pattern:
      /connection refused|no such host|i\/o timeout|connection reset|unexpected EOF|Unable to connect|websocket: close|lost connection|broken pipe/,
    code: 'connection-lost',
    next: () => 'check your network and try again',
  },
];

/** What kubectl puts before the cause, its warnings and its log lines, is left out. */
function words(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() && !/^(Warning|[WE]\d{4} )/.test(line));
  return lines
    .join('\n')
    .replace(/^(error: |Error from server( \([^)]*\))?: )/, '')
    .trim();
}

function classify(rules: Rule[], what: string, fallback: string, stderr: string, place: DebugPlace): ClusterError {
  for (const { pattern, code, next } of rules) {
    const match = pattern.exec(stderr);
    if (match) return new ClusterError(code, `${what}: ${words(stderr)}`, next(place, match));
  }
  return new ClusterError(
    fallback,
    `${what}: ${words(stderr) || 'kubectl gave no reason'}`,
    'run again with -v=6 to see each step',
  );
}

/** The error for a `kubectl debug node/…` that failed, in the server's words. */
export function debugFailure(stderr: string, place: DebugPlace): ClusterError {
  return classify(
    debugRules,
    `no debug pod can be started on ${place.node} in namespace ${place.namespace}`,
    'debug-refused',
    stderr,
    place,
  );
}

/** The error for a `kubectl exec` into the debug pod that failed, in the server's words; `what` was to be run. */
export function execFailure(stderr: string, place: DebugPlace, what = 'the collector'): ClusterError {
  return classify(execRules, `${what} cannot be run on ${place.node}`, 'exec-refused', stderr, place);
}

const pullReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'ImageInspectError',
]);
const createReasons = new Set([
  'CreateContainerError',
  'CreateContainerConfigError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

const startErrors = new Set(['StartError', 'ContainerCannotRun']);

/**
 * Why a debug pod will never run, by its status (kubelet: pkg/kubelet/images/types.go, lifecycle/predicate.go,
 * eviction); undefined while it may still. A rejected pod has no container status, until a patch of it makes the kubelet say
 * that its container, which never was, is lost (pkg/kubelet/status/status_manager.go, TerminatePod).
 */
export function podFailure(pod: Pod, { node, namespace, image }: DebugPlace): ClusterError | undefined {
  const { phase, reason, message, containerStatuses } = pod.status ?? {};
  const { waiting, terminated } = containerStatuses?.[0]?.state ?? {};
  if (waiting?.reason && pullReasons.has(waiting.reason)) {
    return new ClusterError(
      'image-pull',
      `${node} cannot get the image ${image}: ${waiting.message ?? waiting.reason}`,
      'name an image that the node can pull with --debug-image (NETINSPECT_DEBUG_IMAGE), or check --image-pull-policy',
    );
  }
  if (waiting?.reason && createReasons.has(waiting.reason)) {
    return new ClusterError(
      'container-start',
      `${node} cannot start the debug container: ${waiting.message ?? waiting.reason}`,
      `see \`kubectl describe pod -n ${namespace} ${pod.metadata.name}\` and the node's container runtime`,
    );
  }
  const isLost = terminated?.reason === 'ContainerStatusUnknown' && !terminated.startedAt;
  if (phase === 'Failed' && (!terminated || (isLost && reason))) {
    return new ClusterError(
      'kubelet-rejected',
      `the kubelet of ${node} rejected the debug pod: ${reason ?? 'no reason given'}${message ? `: ${message}` : ''}`,
      /^OutOf/.test(reason ?? '')
        ? `${node} is full: free a pod on it and try again`
        : `see \`kubectl describe node ${node}\``,
    );
  }
  if (pod.metadata.deletionTimestamp) {
    return new ClusterError(
      'debug-pod-gone',
      `the debug pod on ${node} was deleted before it ran`,
      'somebody or something deleted it: try again',
    );
  }
  if (terminated?.reason && startErrors.has(terminated.reason)) {
    return new ClusterError(
      'container-start',
      `${node} cannot start the debug container: ${terminated.message ?? terminated.reason}`,
      `does the image ${image} have sh? Name another one with --debug-image`,
    );
  }
  if (phase === 'Failed' || phase === 'Succeeded') {
    const why = terminated
      ? `exit code ${terminated.exitCode}${terminated.reason ? `, ${terminated.reason}` : ''}`
      : (reason ?? phase);
    return new ClusterError(
      'debug-pod-gone',
      `the debug pod on ${node} ended before it could be used (${why})`,
      'somebody or something ended it: try again',
    );
  }
  return undefined;
}

/** The error for a debug pod that was not running in time, with what its status last said. */
export function startTimeout(pod: Pod | undefined, { node, image }: DebugPlace, timeoutMs: number): ClusterError {
  const waiting = pod?.status?.containerStatuses?.[0]?.state?.waiting;
  const said = pod
    ? `it is ${pod.status?.phase ?? 'Pending'}${waiting?.reason ? ` (${[waiting.reason, waiting.message].filter(Boolean).join(': ')})` : ''}`
    : 'it was never seen';
  return new ClusterError(
    'start-timeout',
    `the debug pod on ${node} did not run within ${timeoutMs / 1000} s: ${said}`,
    `give more time with --timeout (pulling ${image} can take long), or see whether the kubelet of ${node} answers`,
  );
}
