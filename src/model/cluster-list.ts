/** What the API lists, as the first page of the screen shows it. */
export interface ClusterList {
  /** RFC 3339: when the lists were read. */
  time: string;
  nodes: ListedNode[];
  pods: ListedPod[];
  services: ListedService[];
  /** Lists that could not be read, and why. */
  problems: string[];
}

export interface ListedNode {
  name: string;
  ready: boolean | null;
  ips: string[];
  kubeletVersion: string | null;
  /** Its own data is there; false: the node was not looked at. */
  collected: boolean;
}

export interface ListedPod {
  namespace: string;
  name: string;
  phase: string;
  ready: boolean | null;
  node: string | null;
  ips: string[];
}

export interface ListedService {
  namespace: string;
  name: string;
  type: string;
  clusterIPs: string[];
  /** `80/TCP`, with its name where it has one: `http 80/TCP`. */
  ports: string[];
}
