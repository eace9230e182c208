/** What `access [NODE]` gives: the ways into nodes, in the order that they are tried, and who may use them. */
export interface AccessReport {
  apiVersion: 'netinspect/v1';
  kind: 'AccessReport';
  /** Who asked, as the API server knows it; null: it does not say. */
  user: string | null;
  /** Where debug pods are started. */
  namespace: string;
  /** The level of PodSecurity that the namespace enforces; null: none, or not known. */
  podSecurity: string | null;
  /** Null: none was named; then only permissions are looked at. */
  node: string | null;
  ways: AccessWay[];
}

export interface AccessWay {
  /** As --via names it. */
  way: 'debug' | 'agent' | 'api';
  /** What it is, in words. */
  title: string;
  /** Null: the server did not tell all. */
  open: boolean | null;
  /** What the user needs: verb, resource, namespace; null: not known. */
  needs: { what: string; allowed: boolean | null }[];
  /** Why the server's admission refuses it (asked without creating anything); null: it does not, or was not asked. */
  refusal: string | null;
  /** The pods that it goes through on the node (NAMESPACE/NAME). */
  through: string[];
  /** What is not seen by this way, in words; empty: everything is. */
  blind: string;
  /** The least ClusterRole for it. */
  role: object;
}
