import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/**
 * A read-only image registry (opencontainers/distribution-spec, pull) over one OCI image layout folder, made to be containerd's mirror
 * of every registry: the registry that was meant comes as `?ns=docker.io`. Run as `node registry.ts LAYOUT ADDRESS PORT`.
 */
const [layout = '', address = '', port = ''] = process.argv.slice(2);

interface Descriptor {
  digest: string;
  mediaType: string;
  annotations: { 'io.containerd.image.name': string };
}
const index: { manifests: Descriptor[] } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
const byReference = new Map(index.manifests.map(each => [each.annotations['io.containerd.image.name'], each.digest]));
const mediaTypes = new Map(index.manifests.map(each => [each.digest, each.mediaType]));

createServer(answer).listen(Number(port), address);

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://registry');
  if (/^\/v2\/?$/.test(url.pathname)) {
    response.end('{}');
    return;
  }
  const [, name, kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
  const wanted = `${url.searchParams.get('ns')}/${name}:${reference}`;
  const digest = /^sha256:[0-9a-f]{64}$/.test(reference) ? reference : byReference.get(wanted);
  const path = join(layout, 'blobs', 'sha256', digest?.slice('sha256:'.length) ?? 'none');
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (digest === undefined || size === undefined) {
    const code = kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN';
    response.writeHead(404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ errors: [{ code, message: `${wanted} is not here` }] }));
    return;
  }
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'Content-Type': mediaTypes.get(digest) ?? 'application/octet-stream',
    'Content-Length': size - start,
    'Docker-Content-Digest': digest,
    ...(start > 0 && { 'Content-Range': `bytes ${start}-${size - 1}/${size}` }),
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(path, { start }).pipe(response);
}
