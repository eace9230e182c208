import { type ApiObjects, asFailure } from './api-objects.ts';
import { ApiError, apiPath, type Cluster } from './cluster.ts';
import type { List, ObjectMeta } from './kinds.ts';

interface Ingress {
  metadata: ObjectMeta;
  spec?: { tls?: { secretName?: string }[] };
}

interface Secret {
  type?: string;
  data?: Record<string, string>;
}

const ingressesPath = '/apis/networking.k8s.io/v1/ingresses';

/**
 * Adds the ingresses and the certificates that they name. Of a secret its type and certificate are kept, never its key. What may
 * not be read is a failure entry.
 */
export async function readRoutes(cluster: Cluster, into: ApiObjects): Promise<void> {
  const keep = (path: string, kind: string, items: unknown[], command: string) => {
    into.files.set(path, JSON.stringify({ kind, apiVersion: 'v1', metadata: {}, items }));
    into.sections[path] = { command };
  };
  let ingresses: Ingress[];
  try {
    ({ items: ingresses } = await cluster.get<List<Ingress>>(ingressesPath));
  } catch (error) {
    into.failures.push(asFailure('cluster/ingresses.json', error));
    return;
  }
  keep('cluster/ingresses.json', 'IngressList', ingresses, `GET ${ingressesPath}`);
  const named = new Map(
    ingresses.flatMap(({ metadata: { namespace = 'default' }, spec }) =>
      (spec?.tls ?? []).flatMap(({ secretName: name }) =>
        name === undefined ? [] : [[`${namespace}/${name}`, { namespace, name }] as const],
      ),
    ),
  );
  const certificates = await Promise.all(
    [...named.values()].map(async where => {
      const path = apiPath('core', 'secrets', where);
      try {
        const { type, data } = await cluster.get<Secret>(path);
        const pem = data?.['tls.crt'];
        const certificate = pem === undefined ? {} : { certificate: Buffer.from(pem, 'base64').toString('latin1') };
        return [{ metadata: where, ...(type === undefined ? {} : { type }), ...certificate }];
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return [{ metadata: where }];
        into.failures.push(asFailure('cluster/certificates.json', error));
        return [];
      }
    }),
  );
  keep('cluster/certificates.json', 'CertificateList', certificates.flat(), 'GET secrets (tls.crt alone)');
}
