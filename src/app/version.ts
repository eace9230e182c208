import { openCluster } from '../collect/cluster.ts';
import type { ConnectionOptions } from '../collect/connection.ts';
import { createKubectl, stderrLog } from '../collect/kubectl.ts';
import { ClusterError } from '../errors.ts';
import type { ServerVersion } from '../model/version.ts';

/** A part of the answer, or why it could not be had. */
type Answer<T> = { value: T } | { error: ClusterError };

/** Groups of the API that say how a cluster does networking: its own, and those of the usual network plugins and meshes. */
const aboutNetworks =
  /^(discovery|(.+\.)?networking)\.k8s\.io$|^k8s\.cni\.cncf\.io$|(^|\.)(cilium\.io|projectcalico\.org|antrea\.io|kubeovn\.io|k8s\.ovn\.org|istio\.io|linkerd\.io)$/;

/** The versions of kubectl and of the API server, asked at the same time; what cannot be had is an error in its place. */
export async function versions(
  connection: ConnectionOptions,
): Promise<{ kubectl: Answer<string>; server: Answer<ServerVersion> }> {
  const [kubectl, server] = await Promise.all([tried(kubectlVersion(connection)), tried(serverVersion(connection))]);
  return { kubectl, server };
}

async function tried<T>(work: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof ClusterError) return { error };
    throw error;
  }
}

async function kubectlVersion(connection: ConnectionOptions): Promise<string> {
  const kubectl = createKubectl(connection, stderrLog(connection));
  const { stdout, stderr } = await kubectl.run(['version', '--client', '--output=json']);
  try {
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
    return clientVersion.gitVersion;
  } catch {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    throw new ClusterError('kubectl-version', `kubectl does not say its version${said === '' ? '' : `: ${said}`}`);
  }
}

async function serverVersion(connection: ConnectionOptions): Promise<ServerVersion> {
  const log = stderrLog(connection);
  const cluster = await openCluster(connection, { kubectl: createKubectl(connection, log), log });
  try {
    const [{ gitVersion }, { groups }] = await Promise.all([
      cluster.get<{ gitVersion: string }>('/version'),
      cluster.get<{ groups: { name: string; preferredVersion: { groupVersion: string } }[] }>('/apis'),
    ]);
    const networkApis = groups
      .filter(({ name }) => aboutNetworks.test(name))
      .map(({ preferredVersion }) => preferredVersion.groupVersion);
    return { version: gitVersion, context: cluster.context ?? null, networkApis: networkApis.sort() };
  } finally {
    cluster.close();
  }
}
