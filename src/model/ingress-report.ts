import type { Evidence, Gap, Note } from './report.ts';

/** What `ingress NAME|URL` gives: which rules take a request, and whether each step behind them is there. */
export interface IngressReport {
  apiVersion: 'netinspect/v1';
  kind: 'IngressReport';
  /** RFC 3339: when the data was collected. */
  time: string;
  /** What was asked: an ingress (NAMESPACE/NAME) or a URL; the other one is null. */
  ingress: string | null;
  url: { host: string; path: string; tls: boolean } | null;
  /** For a URL: that which takes it first, then those that it wins over. */
  rules: IngressRule[];
  notes: Note[];
  gaps: Gap[];
}

export interface IngressRule {
  /** NAMESPACE/NAME. */
  ingress: string;
  class: string | null;
  /** null: any host. */
  host: string | null;
  path: string;
  /** Exact, Prefix or ImplementationSpecific; `default`: the default backend. */
  pathType: string;
  /** Whether it takes the URL; null where none was asked for. */
  takes: boolean | null;
  backend: IngressBackend | null;
  tls: IngressTls | null;
  evidence?: Evidence[];
}

export interface IngressBackend {
  /** NAMESPACE/NAME. */
  service: string;
  port: string;
  /** Null: not known. */
  exists: boolean | null;
  portExists: boolean | null;
  /** Endpoints that are ready, of all; null: not known. */
  ready: number | null;
  total: number | null;
}

export interface IngressTls {
  /** NAMESPACE/NAME; null: the controller's own certificate. */
  secret: string | null;
  /** Null: not known. */
  exists: boolean | null;
  /** Whether its certificate is for the host; null: not known, or no host. */
  matches: boolean | null;
  /** RFC 3339; null: not known. */
  notAfter: string | null;
}
