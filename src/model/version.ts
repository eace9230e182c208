/** What `version` gives. */
export interface VersionReport {
  apiVersion: 'netinspect/v1';
  kind: 'VersionReport';
  /** The version of netinspect. */
  version: string;
  /** The version of the Node that runs it. */
  node: string;
  /** Operating system and architecture, as Node names them: linux-x64. */
  platform: string;
  /** The image of debug pods. */
  debugImage: string;
  /** The kubectl in use, `v1.36.3`; null when it was not asked, or could not be. */
  kubectl: string | null;
  /** The cluster; null when it was not asked, or could not be. */
  server: ServerVersion | null;
}

/** The version of an API server, and what its cluster offers to networks. */
export interface ServerVersion {
  /** `v1.36.3`. */
  version: string;
  /** The kubeconfig's context; null inside a cluster. */
  context: string | null;
  /** The API groups about networks that it serves, with their preferred version: `gateway.networking.k8s.io/v1`. */
  networkApis: string[];
}
