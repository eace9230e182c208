/** A debug pod that would be created. */
export interface PlannedPod {
  node: string;
  namespace: string;
  /** The pod as `kubectl debug` would make it; its name ends in five random characters. */
  manifest: object;
  /** Whether the server's admission lets it in (a server-side dry run); null when the server did not say. */
  admitted: boolean | null;
  /** The server's own words when it does not. */
  refusal: string | null;
}

/** What `--dry-run` gives: nothing in it was done, apart from reads. */
export interface PlanReport {
  apiVersion: 'netinspect/v1';
  kind: 'PlanReport';
  pods: PlannedPod[];
  /** The API requests, in their order: `GET /api/v1/…`. */
  requests: string[];
  /** The commands, each as its arguments. */
  commands: string[][];
}
