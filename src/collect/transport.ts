import type { IncomingMessage, RequestOptions } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
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

/** A kept connection that the other side closed while nothing was sent on it: the request did not get there. */
const staleConnection = new Set(['ECONNRESET', 'EPIPE']);

/** A transport over node:http or node:https. `send` rejects with ClusterError, or with the signal's reason. */
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
      // Node sends the body of a DELETE, but of itself not its length: the server would take it for the next request.
      const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
      const attempt = () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          const outgoing = request({
            ...base,
            method,
            path: `${base.path ?? ''}${path}`,
            headers: { ...base.headers, ...headers, ...length },
            ...(signal ? { signal } : {}),
          });
          let answered = false;
          outgoing.once('response', response => {
            answered = true;
            resolve(response);
          });
          outgoing.on('error', (error: NodeJS.ErrnoException) => {
            if (answered) return;
            if (signal?.aborted) reject(signal.reason);
            else if (outgoing.reusedSocket && staleConnection.has(error.code ?? '')) resolve(attempt());
            else reject(connectionError(server, error));
          });
          outgoing.end(body);
        });
      return attempt();
    },
  };
}

/** The body of a response as text, decompressed, as it comes. Throws when it breaks off. */
export async function* bodyOf(response: IncomingMessage): AsyncGenerator<string> {
  const gzipped = response.headers['content-encoding'] === 'gzip';
  // Not pipe(): the end of a cut response would never reach the reader.
  const stream = gzipped ? pipeline(response, createGunzip(), () => {}) : response;
  stream.setEncoding('utf8');
  for await (const chunk of stream) yield chunk as string;
}

/** The whole body of a response. Throws when it breaks off. */
export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of bodyOf(response)) chunks.push(chunk);
  return chunks.join('');
}
