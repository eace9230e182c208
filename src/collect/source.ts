import type { PodTarget, Snapshot } from '../parse/snapshot.ts';
import type { Progress } from './connection.ts';
import type { Node, Pod, Service } from './kinds.ts';

/** What a command wants to know about. `allNodes` is explicit, never implied. */
export interface CollectRequest {
  pods: PodTarget[];
  nodes: string[];
  /** Services: where no node is asked for, one that is good to see them from is. */
  services?: PodTarget[];
  /** Namespaces whose pods are listed beside those of what is asked for. */
  namespaces?: string[] | 'all';
  allNodes?: boolean;
  /** Nothing is wanted of the API beside what has to be known to look at the nodes. */
  nodesAlone?: boolean;
  /** Ingresses and their certificates as well. */
  routes?: boolean;
  /** What each node is asked in place of all that is collected otherwise. */
  ask?: Ask;
}

/** What a question is made of: what the request named, as the API has it. */
export interface Asked {
  pods: readonly Pod[];
  services: readonly Service[];
  nodes: readonly Node[];
  /** Reads from the API; the path is one of `apiPath`. */
  get<T>(path: string): Promise<T>;
}

/** Gives the words of a question (collect/questions.sh) for a node. `pods`: the node has to find the asked pods. */
export type Ask = (asked: Asked) => Promise<{ words: readonly string[]; pods: boolean }>;

/** Called with the way to what is there so far, while nodes have still to answer. */
export type SoFar = (soFar: () => Snapshot) => void;

/** Where snapshots come from: the live cluster or a saved file. */
export interface Source {
  /**
   * Gives everything that was collected for the request.
   * Throws ClusterError or UsageError when a target does not exist or cannot be reached at all; what is missing in
   * part stands in the snapshot's `failures` and `sections`. `progress` is told what is being done, in place of the source's;
   * `partial` is called whenever more of it is there.
   */
  collect(request: CollectRequest, progress?: Progress, partial?: SoFar): Promise<Snapshot>;

  /** Throws as `collect` does for targets that do not exist or cannot be looked at; starts nothing on a node. */
  check(request: CollectRequest): Promise<void>;

  /** Ends everything that collecting started and waits until it is gone; safe to call twice and after a failure. */
  close(): Promise<void>;
}
