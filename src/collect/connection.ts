/** kubectl's own connection flags, as given; what is absent comes from the kubeconfig, as in kubectl. */
export interface ConnectionOptions {
  kubeconfig?: string;
  context?: string;
  cluster?: string;
  user?: string;
  namespace?: string;
  as?: string;
  asGroup?: string[];
  asUid?: string;
  token?: string;
  server?: string;
  certificateAuthority?: string;
  clientCertificate?: string;
  clientKey?: string;
  insecureSkipTlsVerify?: boolean;
  tlsServerName?: string;
  requestTimeout?: string;
  cacheDir?: string;
  /** kubectl's -v: from 6 on requests and child commands are shown on stderr. */
  verbosity?: number;
}

/** How debug pods are started. */
export interface DebugOptions {
  image: string;
  /** The debug pod's namespace; default: the connection's (flag, else context, else `default`). */
  namespace?: string;
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Until the debug pod must run, and for the collection, each. Milliseconds. */
  timeoutMs: number;
  /** Leaves the debug pod for later runs for so long. Milliseconds. */
  keepMs?: number;
  /** The way into nodes; default: a debug pod, and where that is refused the tools of a kube-proxy or CNI pod. */
  via?: 'debug' | 'agent' | 'api';
  /** How long what is run in the debug pod may take, beyond the collection. Milliseconds. */
  sessionMs?: number;
}

/** Called with what is being done now ("starting a debug pod on node1"), for a spinner and for -v. */
export type Progress = (step: string) => void;
