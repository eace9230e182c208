import type { PodTarget, Snapshot } from '../parse/snapshot.ts';

/** What a command wants to know about. `allNodes` is explicit, never implied. */
export interface CollectRequest {
  pods: PodTarget[];
  nodes: string[];
  /** Services: where no node is asked for, one that is good to see them from is. */
  services?: PodTarget[];
  /** Namespaces whose pods are listed beside those of what is asked for. */
  namespaces?: string[];
  allNodes?: boolean;
}

/** Where snapshots come from: the live cluster or a saved file. */
export interface Source {
  /**
   * Gives everything that was collected for the request.
   * Throws ClusterError or UsageError when a target does not exist or cannot be reached at all; what is missing in
   * part stands in the snapshot's `failures` and `sections`.
   */
  collect(request: CollectRequest): Promise<Snapshot>;

  /** Ends everything that collecting started and waits until it is gone; safe to call twice and after a failure. */
  close(): Promise<void>;
}
