/** A debug pod that `cleanup` found. */
export interface FoundDebugPod {
  namespace: string;
  name: string;
  node: string | null;
  /** Who made it: this program, or `kubectl debug` called by somebody. */
  origin: 'netinspect' | 'kubectl debug';
  /** The user who made it, as the server named them; null when it is not known. */
  user: string | null;
  /** Whether that is you; null when it is not known. */
  yours: boolean | null;
  /** RFC 3339. */
  created: string | null;
  /** False when nothing of it runs any more. */
  running: boolean;
  /** What was done, or would be (dry run): `failed` when the server refused. */
  action: 'delete' | 'leave' | 'failed';
  /** Why it is left, or what the server said; null when deleted. */
  why: string | null;
}

/** What `cleanup` gives. */
export interface CleanupReport {
  apiVersion: 'netinspect/v1';
  kind: 'CleanupReport';
  /** True when nothing was deleted. */
  dryRun: boolean;
  /** The namespace that was searched; null for all. */
  namespace: string | null;
  pods: FoundDebugPod[];
}
