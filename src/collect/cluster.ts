import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:http';
import https from 'node:https';
import { ClusterError } from '../errors.ts';
import type { ConnectionOptions } from './connection.ts';
import { parseGoDuration } from './duration.ts';
import type { WatchEvent } from './kinds.ts';
import { type EffectiveConfig, effectiveConfig, needsKubectlTransport } from './kubeconfig.ts';
import type { Kubectl } from './kubectl.ts';
import { kubectlProxy } from './kubectl-proxy.ts';
import { bodyOf, connectionError, httpTransport, type Transport, textOf } from './transport.ts';

/** An answer of the API server other than success; `message` is the server's own. */
export class ApiError extends ClusterError {
  readonly status: number;
  constructor(status: number, code: string, message: string, next?: string) {
    super(code, message, next);
    this.status = status;
  }
}

export interface Access {
  verb: string;
  resource: string;
  subresource?: string;
  /** Absent for what has no namespace. */
  namespace?: string;
}

export interface Cluster {
  /** The kubeconfig context; undefined for in-cluster configuration. */
  context: string | undefined;
  /** The namespace of the connection: flag, else context, else `default`. */
  namespace: string;
  /** An object or list by its API path. Throws ApiError. */
  get<T>(path: string): Promise<T>;
  /** Events of a list path until the server or `signal` ends the stream; starts with ADDED for what is there. */
  watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>>;
  create<T>(path: string, body: unknown): Promise<T>;
  /** JSON merge patch (RFC 7396). */
  patch<T>(path: string, body: unknown): Promise<T>;
  delete(path: string, options: { gracePeriodSeconds: number }): Promise<void>;
  /** Whether the user may; undefined when the server does not say. */
  may(access: Access): Promise<boolean | undefined>;
  /** The user as the server sees us (SelfSubjectReview); undefined when the server does not say. */
  user(): Promise<string | undefined>;
  close(): void;
}

export interface ClusterEdges {
  kubectl: Kubectl;
  /** Gets each request, as `-v=6` shows it. */
  log?: (line: string) => void;
  /** Gets what a credential plugin says. */
  warn?: (text: string) => void;
}

const defaultRequestTimeoutMs = 30_000;

/** Impersonation as kubectl sends it (client-go transport/round_trippers.go). */
function impersonationHeaders(user: EffectiveConfig['user']): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  if (user.as) headers['Impersonate-User'] = user.as;
  if (user['as-uid']) headers['Impersonate-Uid'] = user['as-uid'];
  if (user['as-groups']?.length) headers['Impersonate-Group'] = user['as-groups'];
  for (const [key, values] of Object.entries(user['as-user-extra'] ?? {})) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = values;
  }
  return headers;
}

/** Our own TLS connection, with the credentials as client-node reads them from the kubeconfig. */
async function directTransport({ cluster, user }: EffectiveConfig): Promise<Transport> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const name = 'netinspect';
  const optional = <T extends object>(fields: T) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
      [K in keyof T]-?: NonNullable<T[K]>;
    };
  config.loadFromClusterAndUser(
    {
      name,
      server: cluster.server ?? '',
      skipTLSVerify: cluster['insecure-skip-tls-verify'] === true,
      ...optional({
        caData: cluster['certificate-authority-data'],
        caFile: cluster['certificate-authority-data'] ? undefined : cluster['certificate-authority'],
        tlsServerName: cluster['tls-server-name'],
      }),
    },
    {
      name,
      ...optional({
        certData: user['client-certificate-data'],
        certFile: user['client-certificate-data'] ? undefined : user['client-certificate'],
        keyData: user['client-key-data'],
        keyFile: user['client-key-data'] ? undefined : user['client-key'],
        token: user.tokenFile ? readFileSync(user.tokenFile, 'utf8').trim() : user.token,
        username: user.username,
        password: user.password,
      }),
    },
  );
  const options: RequestOptions & https.AgentOptions = {};
  await config.applyToHTTPSOptions(options as never);
  const { agent: _unpooled, headers, auth, ...tls } = options;
  const agent = new https.Agent({ ...(tls as https.AgentOptions), keepAlive: true });
  const url = new URL(cluster.server ?? '');
  return httpTransport(
    url.origin,
    o => https.request(o),
    {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || 443,
      path: url.pathname.replace(/\/$/, ''),
      agent,
      ...(auth ? { auth } : {}),
      headers: { ...(headers as Record<string, string>), ...impersonationHeaders(user) },
    },
    () => agent.destroy(),
  );
}

/** Rethrows what reading the kubeconfig's files gave, in words. */
function unreadableCredentials(error: NodeJS.ErrnoException): never {
  if (error.syscall === undefined) throw error;
  throw new ClusterError(
    'kubeconfig-unreadable',
    `a file that the kubeconfig names cannot be read: ${error.message}`,
    'correct its path in the kubeconfig, or log in again',
    { cause: error },
  );
}

const codes: Record<number, string> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'too-many-requests',
};

const advice: Record<number, string> = {
  401: 'log in again: the server does not accept these credentials',
  403: 'ask for a role that allows this; `kubectl auth can-i --list` shows what you may do',
  429: 'the API server is busy: try again in a minute',
};

/** The error for an answer that is not a success; the text is a Status object or, from a proxy between, anything. */
export function apiError(status: number, text: string): ApiError {
  let message: string;
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    message = text;
  }
  const words = message.trim().slice(0, 2000) || `the API server answered with status ${status}`;
  const next = advice[status] ?? (status >= 500 ? 'try again; see whether the API server is well' : undefined);
  return new ApiError(status, codes[status] ?? 'api-error', words, next);
}

/** kubectl's --request-timeout: a Go duration or a number of seconds, 0 for none. */
function requestTimeout(text: string | undefined): number {
  if (text === undefined) return defaultRequestTimeoutMs;
  return parseGoDuration(/^\d+$/.test(text) ? `${text}s` : text);
}

/**
 * Opens the API of the cluster that kubectl would talk to with the same flags and environment; sends nothing yet.
 * Throws UsageError for wrong kubeconfig names and durations, ClusterError when no transport can be made.
 */
export async function openCluster(connection: ConnectionOptions, edges: ClusterEdges): Promise<Cluster> {
  const config = effectiveConfig(connection);
  const timeout = requestTimeout(connection.requestTimeout);
  if (!config && !process.env['KUBERNETES_SERVICE_HOST']) {
    throw new ClusterError(
      'no-cluster',
      'no cluster is named: there is no kubeconfig with a current context',
      'set KUBECONFIG, give --kubeconfig or --context, or run `kubectl config use-context NAME`',
    );
  }
  const detour = needsKubectlTransport(config);
  if (detour) edges.log?.(`requests go through kubectl proxy: ${detour}`);
  const transport =
    config && !detour
      ? await directTransport(config).catch(unreadableCredentials)
      : await kubectlProxy(edges.kubectl, edges.warn ?? (() => {}));

  async function send(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    type = 'application/json',
  ) {
    const start = performance.now();
    const headers: Record<string, string> = {
      Accept: 'application/json',
      'Accept-Encoding': 'gzip',
      'User-Agent': 'kubectl-netinspect',
    };
    if (body !== undefined) headers['Content-Type'] = type;
    const response = await transport.send(
      method,
      path,
      headers,
      body === undefined ? undefined : JSON.stringify(body),
      signal,
    );
    edges.log?.(`${method} ${path} ${response.statusCode} in ${Math.round(performance.now() - start)} ms`);
    return response;
  }

  async function request<T>(method: string, path: string, body?: unknown, type?: string): Promise<T> {
    const signal = timeout > 0 ? AbortSignal.timeout(timeout) : undefined;
    try {
      const response = await send(method, path, body, signal, type);
      const text = await textOf(response);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) throw apiError(status, text);
      return JSON.parse(text) as T;
    } catch (error) {
      if (error instanceof ClusterError) throw error;
      if (signal?.aborted) {
        throw new ClusterError(
          'api-timeout',
          `the API server ${transport.server} did not answer ${method} ${path} within ${timeout / 1000} s`,
          'try again, or give more time with --request-timeout',
        );
      }
      throw brokenAnswer(method, path, error);
    }
  }

  /** The error for an answer that broke off or is not of an API server. */
  function brokenAnswer(method: string, path: string, error: unknown): ClusterError {
    return error instanceof SyntaxError
      ? new ClusterError(
          'api-error',
          `${transport.server} answered ${method} ${path} with something that is not JSON`,
          'is this a Kubernetes API server?',
        )
      : connectionError(transport.server, error);
  }

  return {
    context: config?.context,
    namespace: config?.namespace ?? connection.namespace ?? 'default',
    get: path => request('GET', path),
    create: (path, body) => request('POST', path, body),
    patch: (path, body) => request('PATCH', path, body, 'application/merge-patch+json'),
    delete: async (path, options) => {
      await request('DELETE', path, { ...options, propagationPolicy: 'Background' });
    },
    async *watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
      const response = await send('GET', `${path}${path.includes('?') ? '&' : '?'}watch=true`, undefined, signal);
      const status = response.statusCode ?? 0;
      if (status !== 200) throw apiError(status, await textOf(response));
      let rest = '';
      try {
        for await (const chunk of bodyOf(response)) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line) yield JSON.parse(line) as WatchEvent<T>;
        }
      } catch (error) {
        throw signal.aborted ? signal.reason : brokenAnswer('GET', path, error);
      }
    },
    async may({ namespace, ...attributes }) {
      const review = await request<{ status?: { allowed?: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { ...attributes, ...(namespace === undefined ? {} : { namespace }) } },
        },
      ).catch(undefinedWhenRefused);
      return review?.status?.allowed;
    },
    async user() {
      const review = await request<{ status?: { userInfo?: { username?: string } } }>(
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'SelfSubjectReview',
        },
      ).catch(undefinedWhenRefused);
      return review?.status?.userInfo?.username;
    },
    close: () => transport.close(),
  };
}

function undefinedWhenRefused(error: unknown): undefined {
  if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
  throw error;
}

/** The path of a list or object of the core group or a named one; names are escaped. */
export function apiPath(
  group: 'core' | 'discovery.k8s.io',
  resource: string,
  where: { namespace?: string; name?: string; subresource?: string; query?: Record<string, string> } = {},
): string {
  const root = group === 'core' ? '/api/v1' : `/apis/${group}/v1`;
  const parts = [
    ...(where.namespace === undefined ? [] : ['namespaces', where.namespace]),
    resource,
    ...(where.name === undefined ? [] : [where.name]),
    ...(where.subresource === undefined ? [] : [where.subresource]),
  ];
  const query = where.query ? `?${new URLSearchParams(where.query)}` : '';
  return `${root}/${parts.map(encodeURIComponent).join('/')}${query}`;
}
