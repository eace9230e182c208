import type { Family } from '../model/report.ts';

/** One end of a trace as the user named it; where a namespace is missing it is the context's, or the snapshot's. */
export type EndName =
  | { kind: 'internet' | 'local' }
  | { kind: 'address'; address: string }
  | { kind: 'pod'; namespace: string | undefined; name: string }
  | { kind: 'service'; namespace: string | undefined; name: string }
  | Workload
  | { kind: 'node'; name: string };

/** What stands for the pods that it made. */
export interface Workload {
  kind: 'deployment' | 'statefulset' | 'daemonset';
  namespace: string | undefined;
  name: string;
}

/** DST[:PORT][/PROTOCOL]. */
export interface NamedDestination {
  /** As it was typed. */
  text: string;
  end: EndName;
  /** A number or a name; null when not given. */
  port: string | null;
  protocol: string | null;
}

/** An address that stands for the internet: public, of a well-known resolver. */
export const internet: Readonly<Record<Family, string>> = { IPv4: '1.1.1.1', IPv6: '2606:4700:4700::1111' };
