import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash, fileHashes } from '../build/cache.ts';
import { runKubectl } from '../kubectl.ts';
import { kubeconfigPath, sourcePath, stateDir } from '../paths.ts';
import { nodes } from '../plan.ts';

interface NodeState {
  name: string;
  isReady: boolean;
  kubeletVersion: string;
}

/** The cluster as it answers now; `why` says in words why it is not up. */
export type ClusterState =
  | { isUp: true; isOutdated: boolean; programs: string; nodes: NodeState[] }
  | { isUp: false; why: string };

const startedPath = join(stateDir, 'started.json');

interface Started {
  programs: string;
  /** Content hash of what the cluster was started from. */
  sources: string;
}

/** Says, when start-up has come to its end, that it has, which programs run, and from which sources. */
export async function markStarted(programs: string): Promise<void> {
  const started: Started = { programs, sources: await sourcesHash() };
  await writeFile(startedPath, JSON.stringify(started));
}

async function sourcesHash(): Promise<string> {
  return contentHash(
    await Promise.all(['boot', 'build', 'manifests', 'programs'].map(dir => fileHashes(sourcePath(dir)))),
  );
}

/** Asks the API server for its nodes; up means that start-up had come to its end and that every node is Ready. */
export async function clusterState(): Promise<ClusterState> {
  const started = await readFile(startedPath, 'utf8').catch(() => undefined);
  if (started === undefined) return { isUp: false, why: 'it was not started, or not to the end' };
  const { programs, sources }: Started = JSON.parse(started);
  try {
    const args = ['get', 'nodes', '--output=json', '--request-timeout=5s'];
    const { items }: { items: ApiNode[] } = JSON.parse(
      await runKubectl([join(programs, 'kubectl')], kubeconfigPath, args),
    );
    const states = items.map(({ metadata, status }) => ({
      name: metadata.name,
      isReady: status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      kubeletVersion: status.nodeInfo.kubeletVersion,
    }));
    const notReady = nodes.filter(node => !states.some(state => state.name === node.name && state.isReady));
    if (notReady.length > 0) return { isUp: false, why: `not Ready: ${notReady.map(node => node.name).join(', ')}` };
    return { isUp: true, isOutdated: sources !== (await sourcesHash()), programs, nodes: states };
  } catch (error) {
    return { isUp: false, why: `its API server does not answer: ${(error as Error).message.split('\n').at(-1)}` };
  }
}

interface ApiNode {
  metadata: { name: string };
  status: { conditions: { type: string; status: string }[]; nodeInfo: { kubeletVersion: string } };
}
