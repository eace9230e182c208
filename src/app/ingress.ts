import { X509Certificate } from 'node:crypto';
import { IncompleteError } from '../errors.ts';
import { byPrecedence, takesUrl } from '../model/ingress-match.ts';
import type { IngressBackend, IngressReport, IngressRule, IngressTls } from '../model/ingress-report.ts';
import type { Note } from '../model/report.ts';
import { cite, type Section } from '../model/section.ts';
import { serviceEndpoints } from '../model/service-facts.ts';
import { type CertificateRecord, parseCertificates } from '../parse/kubernetes/certificates.ts';
import { type EndpointSliceRecord, parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { type IngressBackendRecord, type IngressRecord, parseIngresses } from '../parse/kubernetes/ingresses.ts';
import { parseServices, type ServiceRecord } from '../parse/kubernetes/services.ts';
import type { PodTarget, Snapshot } from '../parse/snapshot.ts';
import { withoutEvidence } from './evidence.ts';
import { sectionReader } from './sections.ts';

/** An ingress by its name, or a URL. */
export type IngressQuestion =
  | { ingress: PodTarget; url: null }
  | { ingress: null; url: NonNullable<IngressReport['url']> };

interface Objects {
  services: Section<ServiceRecord>;
  slices: Section<EndpointSliceRecord>;
  certificates: Section<CertificateRecord>;
  now: number;
}

/**
 * Which ingress rules take a URL, or those of one ingress, and whether each step behind them is there, from the snapshot alone.
 * Throws IncompleteError for an ingress that is not in it.
 */
export function ingressReport(
  snapshot: Snapshot,
  { ingress, url }: IngressQuestion,
  { evidence }: { evidence: boolean },
): IngressReport {
  const reader = sectionReader(snapshot);
  const ingresses = reader.read('cluster/ingresses.json', parseIngresses);
  const objects: Objects = {
    services: reader.read('cluster/services.json', parseServices),
    slices: reader.read('cluster/endpointslices.json', parseEndpointSlices),
    certificates: reader.read('cluster/certificates.json', parseCertificates),
    now: Date.parse(snapshot.index.time),
  };
  const name = ingress === null ? null : `${ingress.namespace}/${ingress.name}`;
  const wanted = ingresses.records.filter(record => name === null || `${record.namespace}/${record.name}` === name);
  if (name !== null && wanted.length === 0) {
    const known = ingresses.records.map(record => `${record.namespace}/${record.name}`).join(', ');
    throw new IncompleteError(
      'ingress-not-found',
      `there is no ingress ${name}`,
      known === '' ? 'see `kubectl get ingress -A`' : `there are: ${known}`,
    );
  }
  const all = wanted.flatMap(record => rulesOf(record, ingresses, objects));
  const rules = (url === null ? all : all.filter(rule => takesUrl(rule, url)).sort(byPrecedence)).map((rule, at) => ({
    ...rule,
    takes: url === null ? null : at === 0,
  }));
  const report: IngressReport = {
    apiVersion: 'netinspect/v1',
    kind: 'IngressReport',
    time: snapshot.index.time,
    ingress: name,
    url,
    rules,
    notes: notesOf(rules, url, objects.now),
    gaps: [...reader.gaps],
  };
  return evidence ? report : withoutEvidence(report);
}

function rulesOf(record: IngressRecord, section: Section<IngressRecord>, objects: Objects): IngressRule[] {
  const { namespace, defaultBackend } = record;
  const common = { ingress: `${namespace}/${record.name}`, class: record.class, takes: null };
  const rule = (
    host: string | null,
    path: string,
    pathType: string,
    backend: IngressBackendRecord | null,
  ): IngressRule => ({
    ...common,
    host,
    path,
    pathType,
    backend: backend === null ? null : backendOf(namespace, backend, objects),
    tls: tlsOf(record, host, objects),
    evidence: cite(section, record),
  });
  return [
    ...record.rules.map(({ host, path, pathType, backend }) => rule(host, path, pathType, backend)),
    ...(defaultBackend === null ? [] : [rule(null, '/', 'default', defaultBackend)]),
  ];
}

function backendOf(
  namespace: string,
  { service: name, port }: IngressBackendRecord,
  { services, slices }: Objects,
): IngressBackend {
  const found = services.records.find(record => record.namespace === namespace && record.name === name);
  const known = services.state === 'whole';
  const own = found?.ports.find(each => each.name === port || String(each.port) === port);
  const endpoints = serviceEndpoints(slices, [], { namespace, name }).filter(
    ({ ports }) => own === undefined || ports.some(each => each.name === (own.name || null)),
  );
  const counted = found !== undefined && slices.state !== 'absent';
  const pods = new Set(endpoints.map(({ pod, address }) => pod ?? address));
  const ready = new Set(endpoints.flatMap(one => (one.ready ? [one.pod ?? one.address] : [])));
  return {
    service: `${namespace}/${name}`,
    port,
    exists: found !== undefined ? true : known ? false : null,
    portExists: found === undefined ? null : own !== undefined,
    ready: counted ? ready.size : null,
    total: counted ? pods.size : null,
  };
}

function tlsOf({ namespace, tls }: IngressRecord, host: string | null, { certificates }: Objects): IngressTls | null {
  const own =
    tls.find(({ hosts }) => host !== null && hosts.some(each => each.toLowerCase() === host.toLowerCase())) ??
    tls.find(({ hosts }) => hosts.length === 0);
  if (own === undefined) return null;
  if (own.secret === null) return { secret: null, exists: null, matches: null, notAfter: null };
  const found = certificates.records.find(record => record.namespace === namespace && record.name === own.secret);
  const secret = `${namespace}/${own.secret}`;
  if (found === undefined || found.certificate === null)
    return { secret, exists: found === undefined ? null : false, matches: null, notAfter: null };
  try {
    const certificate = new X509Certificate(found.certificate);
    const asked = host?.replace(/^\*\./, 'any.');
    return {
      secret,
      exists: true,
      matches: asked === undefined ? null : certificate.checkHost(asked) !== undefined,
      notAfter: new Date(certificate.validTo).toISOString().replace('.000Z', 'Z'),
    };
  } catch {
    return { secret, exists: true, matches: false, notAfter: null };
  }
}

function notesOf(rules: readonly IngressRule[], url: IngressReport['url'], now: number): Note[] {
  const warn = (code: string, text: string): Note => ({ code, severity: 'warning', text });
  if (url !== null && rules.length === 0)
    return [
      warn(
        'ingress-no-rule',
        `no rule takes ${url.host}${url.path}: the controller answers 404, or by its own default backend`,
      ),
    ];
  // Of a URL, what wins counts.
  const counted = url === null ? rules : rules.slice(0, 1);
  return counted.flatMap(({ ingress, host, path, backend, tls }) => {
    const where = `${ingress}: ${host ?? '*'}${path}`;
    return [
      ...(backend === null ? [warn('ingress-no-backend', `${where} leads to no service`)] : []),
      ...(backend?.exists === false
        ? [warn('ingress-no-service', `${where} leads to service ${backend.service}, which does not exist`)]
        : []),
      ...(backend?.portExists === false
        ? [warn('ingress-no-port', `${where}: service ${backend.service} has no port ${backend.port}`)]
        : []),
      ...(backend?.portExists === true && backend.ready === 0
        ? [
            warn(
              'ingress-no-endpoint',
              `${where}: service ${backend.service} has no ready endpoint: clients get 502 or 503`,
            ),
          ]
        : []),
      ...(tls?.exists === false
        ? [
            warn(
              'ingress-no-secret',
              `${where}: there is no certificate in secret ${tls.secret}: the controller shows its own`,
            ),
          ]
        : []),
      ...(tls?.matches === false
        ? [warn('ingress-certificate', `${where}: the certificate of ${tls.secret} is not for ${host ?? 'this host'}`)]
        : []),
      ...(tls?.notAfter && Date.parse(tls.notAfter) < now
        ? [warn('ingress-expired', `${where}: the certificate of ${tls.secret} expired ${tls.notAfter}`)]
        : []),
      ...(url?.tls === true && tls === null
        ? [warn('ingress-no-tls', `${where} has no TLS of its own: https gets the controller's certificate`)]
        : []),
    ];
  });
}
