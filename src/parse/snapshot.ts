/**
 * The snapshot: what was collected, as files. A live run and a saved one are the same thing to the rest of the program.
 * Layout (paths in `Snapshot.files`):
 *
 *     cluster/KIND.json                          Kubernetes lists: nodes, pods, services, endpointslices, events
 *     nodes/NODE/SECTION                         raw tool output, see collect/collector.sh
 *     nodes/NODE/pods/NAMESPACE_NAME/SECTION     the same names, from inside the pod's network namespace
 *
 * `snapshot.json` (the index) says how each section came to be; every field of a section is optional, so that a person
 * can make a snapshot by hand from one dump.
 */

/** How a section came to be. A missing field is not known. */
export interface SectionInfo {
  /** The command line or API request, for people. */
  command?: string;
  exitCode?: number;
  stderr?: string;
  durationMs?: number;
  /** True when the section is shorter than its frame said, or its checksum differs: what is there is kept. */
  truncated?: boolean;
  sha256?: string;
}

export interface PodTarget {
  namespace: string;
  name: string;
}

/** What could not be collected, and why; `subject` is a node, a pod (NAMESPACE/NAME), a section path or an API list. */
export interface CollectFailure {
  subject: string;
  /** The error's code, e.g. `stream-truncated` or `forbidden`. */
  code: string;
  message: string;
}

export interface SnapshotIndex {
  apiVersion: 'netinspect/v1';
  kind: 'Snapshot';
  /** RFC 3339, the moment of collection: ages are counted from it. */
  time: string;
  /** The kubeconfig context, when it is known. */
  context?: string;
  /** Of `netinspect`, `kubernetes` (the server) and `debugImage` (its name). */
  versions?: Record<string, string>;
  redacted?: boolean;
  /** What was asked for. */
  targets: { pods: PodTarget[]; nodes: string[]; services?: PodTarget[] };
  sections: Record<string, SectionInfo>;
  failures: CollectFailure[];
}

/** A snapshot in memory: `files` maps a path of the layout above to its text. */
export interface Snapshot {
  index: SnapshotIndex;
  files: ReadonlyMap<string, string>;
}

/** The folder of a node's sections. */
export function nodePath(node: string, section: string): string {
  return `nodes/${node}/${section}`;
}

/** The path of a pod's section on its node. */
export function podPath(node: string, pod: PodTarget, section: string): string {
  return `nodes/${node}/pods/${pod.namespace}_${pod.name}/${section}`;
}
