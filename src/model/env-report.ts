import type { Evidence, Gap, Note } from './report.ts';

/** What `env POD` gives: the service variables that its processes have, held against today's services. */
export interface EnvReport {
  apiVersion: 'netinspect/v1';
  kind: 'EnvReport';
  /** RFC 3339: when it was read. */
  time: string;
  pod: { namespace: string; name: string; node: string | null };
  /** False: the pod wants the API server's variables alone (enableServiceLinks). */
  serviceLinks: boolean | null;
  containers: ContainerEnv[];
  notes: Note[];
  gaps: Gap[];
}

export interface ContainerEnv {
  name: string;
  /** RFC 3339: when it started, and its variables were made; null: not known. */
  started: string | null;
  /** Its first process; null: not found, then there are no variables. */
  pid: number | null;
  services: ServiceEnv[];
}

/** The variables of one service in one container. */
export interface ServiceEnv {
  /** NAMESPACE/NAME; null: no service of today has such variables. */
  service: string | null;
  /** What its variables begin with: WEB_API. */
  prefix: string;
  /**
   * same: as they would be made today; stale: some differ; missing: the service came later; gone: the service is no more;
   * shadowed: the container sets some itself.
   */
  state: 'same' | 'stale' | 'missing' | 'gone' | 'shadowed';
  /** RFC 3339: when the service was made; null: not known, or it is gone. */
  created: string | null;
  variables: {
    name: string;
    /** What the process has; null: it has none. */
    value: string | null;
    /** What it would get today; null: nothing. */
    today: string | null;
    evidence?: Evidence[];
  }[];
}
