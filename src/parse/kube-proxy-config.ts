import { parse } from 'yaml';
import { isObject, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

export interface KubeProxyConfigRecord {
  raw: string;
  /** `mode` as written; "" or absent means the platform's default. */
  mode: string;
}

/** Reads kube-proxy's configuration file (kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration). */
export function parseKubeProxyConfig(text: string): Parsed<KubeProxyConfigRecord> {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    if (!isObject(value)) return { records: [], unread: [], problem: 'not a YAML mapping' };
    const mode = stringAt(value, 'mode') ?? '';
    return { records: [{ raw: /^mode:.*$/m.exec(text)?.[0] ?? text, mode }], unread: [], problem: null };
  } catch (error) {
    return { records: [], unread: [], problem: `not valid YAML: ${(error as Error).message.split('\n')[0]}` };
  }
}
