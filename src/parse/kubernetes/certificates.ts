import { stringAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList } from './list.ts';

/** The certificate of a secret that an ingress names; of the secret nothing else is read. */
export interface CertificateRecord extends ObjectRecord {
  /** The secret's type; null: there is no such secret. */
  type: string | null;
  /** PEM; null: the secret has none. */
  certificate: string | null;
}

/** Reads cluster/certificates.json (collect/routes.ts). */
export function parseCertificates(text: string): Parsed<CertificateRecord> {
  return parseList(text, (object, meta) => ({
    ...meta,
    type: stringAt(object, 'type'),
    certificate: stringAt(object, 'certificate'),
  }));
}
