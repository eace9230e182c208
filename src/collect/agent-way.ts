import { ClusterError, isNetinspectError } from '../errors.ts';
import { nodePath, type SectionInfo } from '../parse/snapshot.ts';
import { apiPath, type Cluster } from './cluster.ts';
import type { List, Pod } from './kinds.ts';
import type { Kubectl } from './kubectl.ts';

/** A running pod of the node's own network that may have network tools, and how to reach it. */
export interface Agent {
  namespace: string;
  name: string;
  container: string;
}

/** What an agent's tools told of a node. */
export interface AgentAnswer {
  files: Map<string, string>;
  sections: Record<string, SectionInfo>;
  agents: Agent[];
  /** Tools that none of their images has. */
  missing: string[];
}

/** kube-proxy, and what CNI plugins run on each node, by name. */
const agentName =
  /^(kube-proxy|kube-flannel|calico-node|canal|cilium|kube-router|weave-net|aws-node|antrea-agent|ovnkube-node|kindnet|azure-npm)/;

/** The agents of a node, kube-proxy first. Throws ClusterError when pods may not be listed. */
export async function agentsOf(cluster: Cluster, node: string): Promise<Agent[]> {
  const query = { fieldSelector: `spec.nodeName=${node},status.phase=Running` };
  const { items } = await cluster.get<List<Pod>>(apiPath('core', 'pods', { query }));
  return items
    .filter(({ metadata }) => agentName.test(metadata.name) && metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec }) => ({
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      container: spec.containers[0]?.name ?? '',
    }))
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

const rank = ({ name }: Agent) => (name.startsWith('kube-proxy') ? 0 : 1);

interface Reading {
  /** The section; `iptables-save` says itself which it is. */
  section: string;
  argv: readonly string[];
}

const both = (family: 4 | 6) => [`route${family} -${family} route show table all`, `rule${family} -${family} rule`];

/** One program each: the image may have no shell. */
const readings: readonly Reading[] = [
  ...['iptables', 'ip6tables'].map(tool => ({ section: `${tool}-save`, argv: [`${tool}-save`, '-c'] })),
  { section: 'nft.json', argv: ['nft', '-j', 'list', 'table', 'ip', 'kube-proxy'] },
  { section: 'nft.json', argv: ['nft', '-j', 'list', 'table', 'ip6', 'kube-proxy'] },
  { section: 'ipset.save', argv: ['ipset', 'save'] },
  { section: 'ipvsadm.save', argv: ['ipvsadm', '--save', '--numeric'] },
  ...['link -d link', 'addr addr', 'neigh neigh', ...both(4), ...both(6)].map(words => {
    const [section = '', ...rest] = words.split(' ');
    return { section: `${section}.json`, argv: ['ip', '-j', ...rest] };
  }),
];

/** What a container runtime says of a program that the image does not have. */
const absent = /executable file not found|no such file or directory|command terminated with exit code 127/;
const atOnce = 4;

/**
 * Reads what it can of a node through the tools of its kube-proxy or CNI pods, one program at a time. Throws ClusterError when it has
 * none that can be entered.
 */
export async function readThroughAgents(
  {
    cluster,
    kubectl,
    signal,
    timeoutMs,
  }: { cluster: Cluster; kubectl: Kubectl; signal: AbortSignal; timeoutMs: number },
  node: string,
): Promise<AgentAnswer> {
  const agents = await agentsOf(cluster, node);
  if (agents.length === 0)
    throw new ClusterError('no-agent', `${node} has no running kube-proxy or CNI pod that is known by its name`);
  const answer: AgentAnswer = { files: new Map(), sections: {}, agents: [], missing: [] };
  const queue = [...readings];
  let refused: ClusterError | undefined;
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { section, argv } = next;
      const found = await firstThatHas(agents, async ({ namespace, name, container }) => {
        const words = ['exec', `--namespace=${namespace}`, name, '-c', container, '--', ...argv];
        const started = performance.now();
        const result = await kubectl.run(words, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
        signal.throwIfAborted();
        if (result.exitCode !== 0 && absent.test(result.stderr)) return undefined;
        if (result.exitCode !== 0 && /forbidden|Unauthorized/.test(result.stderr)) {
          refused ??= new ClusterError(
            'forbidden',
            `kubectl exec into ${namespace}/${name}: ${lastLine(result.stderr)}`,
          );
          return undefined;
        }
        return { ...result, durationMs: Math.round(performance.now() - started) };
      });
      if (found === undefined) {
        const [tool = ''] = argv;
        if (!answer.missing.includes(tool)) answer.missing.push(tool);
        continue;
      }
      if (!answer.agents.includes(found.agent)) answer.agents.push(found.agent);
      add(answer, nodePath(node, sectionName(section, found.result.stdout)), argv, found.agent, found.result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (answer.files.size === 0)
    throw (
      refused ??
      new ClusterError(
        'no-agent',
        `no kube-proxy or CNI pod of ${node} has any of the tools: ${answer.missing.join(', ')}`,
      )
    );
  return answer;
}

interface Told {
  exitCode: number;
  stdout: string;
  stderr: string;
  durationMs: number;
}

async function firstThatHas(
  agents: readonly Agent[],
  ask: (agent: Agent) => Promise<Told | undefined>,
): Promise<{ agent: Agent; result: Told } | undefined> {
  for (const agent of agents) {
    const result = await ask(agent);
    if (result !== undefined) return { agent, result };
  }
  return undefined;
}

/** `iptables-save` is of one backend or the other, and says so in its first line (iptables/xtables-save.c, iptables-save.c). */
function sectionName(section: string, text: string): string {
  if (!section.endsWith('tables-save')) return section;
  return `${section}.${/^# Generated by (\S*nft\S*|xtables-save|\S+ \S+ \(nf_tables\))/.test(text) ? 'nft' : 'legacy'}`;
}

function add({ files, sections }: AgentAnswer, path: string, argv: readonly string[], agent: Agent, told: Told): void {
  const { exitCode, stdout, stderr, durationMs } = told;
  const known = files.get(path);
  files.set(path, known === undefined ? stdout : merged(known, stdout));
  const command = `kubectl exec -n ${agent.namespace} ${agent.name} -- ${argv.join(' ')}`;
  const before = sections[path];
  // One of two tables may not be there: what the other one has counts.
  sections[path] = {
    command: before?.command === undefined ? command : `${before.command}; ${command}`,
    exitCode: before?.exitCode === 0 ? 0 : exitCode,
    stderr: lastLine(stderr),
    durationMs,
  };
}

/** Two answers of `nft -j` as one document. */
function merged(first: string, second: string): string {
  const items = (text: string): unknown[] => {
    try {
      return (JSON.parse(text) as { nftables?: unknown[] }).nftables ?? [];
    } catch {
      return [];
    }
  };
  return JSON.stringify({ nftables: [...items(first), ...items(second)] });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

const refusals = new Set(['forbidden', 'pod-security', 'admission-refused', 'quota']);

/** True when an error says that no debug pod may be used: another way in may do. */
export function isRefusal(error: unknown): error is ClusterError {
  return isNetinspectError(error) && error instanceof ClusterError && refusals.has(error.code);
}
