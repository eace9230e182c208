import type { IncomingMessage, RequestOptions } from 'node:http';
import { ClusterError } from '../errors.ts';

/** How requests reach the API server: our own TLS connection or the socket of `kubectl proxy`. */
export interface Transport {
  /** In messages: the server's address, or how it is reached. */
  server: string;
  send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage>;
  close(): void;
}

const causes: Record<string, [why: string, next: string]> = {
  ECONNREFUSED: ['refused the connection', 'is the API server running, and is the address in the kubeconfig right?'],
  ENOTFOUND: ['has a name that cannot be resolved', 'check the server address in the kubeconfig and your DNS'],
  EAI_AGAIN: ['has a name that cannot be resolved now', 'check your DNS and network'],
  EHOSTUNREACH: ['cannot be reached (no route)', 'check your network or VPN'],
  ENETUNREACH: ['cannot be reached (no route)', 'check your network or VPN'],
  ETIMEDOUT: ['does not answer', 'check your network or VPN'],
  ECONNRESET: ['cut the connection', 'try again; see whether a proxy or firewall stands between'],
};

/** The ClusterError for a request that got no answer. */
export function connectionError(server: string, error: unknown): ClusterError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const known = causes[code];
  if (known)
    return new ClusterError('connection-lost', `the API server ${server} ${known[0]}`, known[1], { cause: error });
  const tls = /CERT|SSL|TLS|SELF_SIGNED|ISSUER|ALTNAME|VERIFY/.test(code);
  return tls
    ? new ClusterError(
        'tls',
        `the certificate of the API server ${server} is not accepted: ${message}`,
        'check certificate-authority and tls-server-name in the kubeconfig',
        { cause: error },
      )
    : new ClusterError(
        'connection-lost',
        `the connection to the API server ${server} failed: ${message}`,
        'check your network and try again',
        { cause: error },
      );
}

/** A transport over node:http or node:https. */
export function httpTransport(
  server: string,
  request: (options: RequestOptions) => import('node:http').ClientRequest,
  base: RequestOptions,
  close: () => void,
): Transport {
  return {
    server,
    close,
    send(method, path, headers, body, signal) {
      return new Promise((resolve, reject) => {
        const outgoing = request({
          ...base,
          method,
          path: `${base.path ?? ''}${path}`,
          headers: { ...base.headers, ...headers },
          ...(signal ? { signal } : {}),
        });
        outgoing.once('response', resolve);
        outgoing.once('error', error => reject(signal?.aborted ? signal.reason : connectionError(server, error)));
        outgoing.end(body);
      });
    },
  };
}
