import { chainsNamed, type Found, fullName } from '../analyse/chains/select.ts';
import { chainView, tableView } from '../analyse/chains/view.ts';
import { nodesOf } from '../collect/bundle-source.ts';
import { nearest } from '../collect/nearest.ts';
import { readTextFile } from '../collect/text-file.ts';
import { UsageError } from '../errors.ts';
import { formatAddress, hostPort } from '../model/address.ts';
import { chainReader, type NamedThings } from '../model/chain-names.ts';
import type { ChainsReport, RuleSummary, VirtualServerView } from '../model/chains-report.ts';
import type { Gap, Note } from '../model/report.ts';
import type { RuleSet, VirtualServer } from '../model/rules.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import { nodePath, type Snapshot } from '../parse/snapshot.ts';
import { loadRuleFiles } from './rule-files.ts';
import { sectionReader } from './sections.ts';

/** What of a rule set is asked for: one chain, as `[[FAMILY/]TABLE/]CHAIN`, or null for all in short. */
export interface ChainsQuestion {
  chain: string | null;
  evidence: boolean;
}

/** The files of a node that rules stand in, as the snapshot names them. */
const ruleSections = [
  'iptables-save.legacy',
  'iptables-save.nft',
  'ip6tables-save.legacy',
  'ip6tables-save.nft',
  'nft.json',
  'ipset.save',
  'ipvsadm.save',
];

/** A node's rules, from the snapshot alone. Throws UsageError for a chain that is not there, or that may be several. */
export function nodeChains(snapshot: Snapshot, node: string, question: ChainsQuestion): ChainsReport {
  const reader = sectionReader(snapshot);
  const services = reader.read('cluster/services.json', parseServices, 'optional').records;
  const slices = reader.read('cluster/endpointslices.json', parseEndpointSlices, 'optional').records;
  const files = ruleSections.flatMap(section => {
    const name = nodePath(node, section);
    // Each is read once, by its own parser; here only what is missing counts.
    reader.read(name, text => ({ records: [text], unread: [], problem: null }));
    const text = snapshot.files.get(name) ?? '';
    return text.trim() === '' ? [] : [{ name, text }];
  });
  const read = files.length === 0 ? null : loadRuleFiles(files, { local: [] });
  return report(
    { rules: read?.host.rules ?? none, summary: () => read?.summary ?? nothing, things: { services, slices } },
    question,
    {
      time: snapshot.index.time,
      node,
      gaps: [...reader.gaps, ...(read?.problems ?? []).map((why): Gap => ({ subject: node, why }))],
    },
  );
}

const none: RuleSet = { tables: [], ipsets: new Map(), ipvs: null, recent: null };
const nothing: RuleSummary = { lines: 0, rules: 0, opaque: 0, unread: 0 };

/**
 * What one word, or none, means in a snapshot: a node of it, or a chain of its only node. Throws UsageError where the node
 * has to be named.
 */
export function nodeOrChain(snapshot: Snapshot, word: string | null): { node: string; chain: string | null } {
  const nodes = nodesOf(snapshot);
  const name = word?.replace(/^(nodes?|no)\//, '');
  if (name !== undefined && nodes.includes(name)) return { node: name, chain: null };
  const [only, more] = nodes;
  if (only !== undefined && more === undefined) return { node: only, chain: word };
  throw new UsageError(
    only === undefined ? 'node-not-found' : 'missing-name',
    only === undefined
      ? 'the snapshot has no nodes'
      : `${word === null ? 'a node name is needed' : `${word} is not a node of the snapshot`}`,
    only === undefined ? 'take one with `snapshot`' : `it has: ${nodes.join(', ')}`,
  );
}

/** A problem names its file first. */
function gapOf(problem: string, names: readonly string[]): Gap {
  const subject = names.find(name => problem.startsWith(`${name}: `));
  return subject === undefined
    ? { subject: names.join(', '), why: problem }
    : { subject, why: problem.slice(subject.length + 2) };
}

/** The rules of dumps that somebody mailed. Throws as readTextFile, loadRuleFiles and nodeChains do. */
export async function fileChains(names: readonly string[], question: ChainsQuestion): Promise<ChainsReport> {
  const files = await Promise.all(names.map(async name => ({ name, text: await readTextFile(name) })));
  const read = loadRuleFiles(files, { local: [] });
  const gaps = read.problems.map(problem => gapOf(problem, names));
  return report(
    { rules: read.host.rules, summary: () => read.summary, things: { services: [], slices: [] } },
    question,
    {
      time: null,
      node: null,
      gaps,
    },
  );
}

interface Read {
  rules: RuleSet;
  summary: () => RuleSummary;
  things: NamedThings;
}

function report(
  { rules, summary, things }: Read,
  { chain, evidence }: ChainsQuestion,
  head: Pick<ChainsReport, 'time' | 'node' | 'gaps'>,
): ChainsReport {
  const meaning = chainReader(things);
  const found = chain === null ? null : oneChain(rules, chain);
  const tables =
    found === null
      ? rules.tables.map(table => tableView(table, meaning))
      : found.map(({ table, chain: own }) => tableView(table, meaning, [own]));
  return {
    apiVersion: 'netinspect/v1',
    kind: 'ChainsReport',
    time: head.time,
    node: head.node,
    summary: chain === null ? summary() : null,
    tables,
    virtualServers: found === null ? (rules.ipvs?.map(serverView) ?? null) : null,
    chains: found?.map(({ table, chain: own }) => chainView(table, own, meaning, evidence)) ?? null,
    notes: notesOf(rules, head.node),
    gaps: head.gaps,
  };
}

/** The chain of that name: several only where backends have the same one. */
function oneChain(rules: RuleSet, text: string): Found[] {
  const found = chainsNamed(rules, text);
  const names = [...new Set(found.map(fullName))];
  if (names.length > 1)
    throw new UsageError(
      'ambiguous-chain',
      `${text} may be ${names.join(', ')}`,
      `name one of them, such as ${names[0]}`,
    );
  if (names.length === 1) return found;
  const bare = text.slice(text.lastIndexOf('/') + 1);
  const all = new Set(rules.tables.flatMap(table => [...table.chains.keys()]));
  const near = nearest(bare, [...all]);
  throw new UsageError(
    'chain-not-found',
    `there is no chain ${text}`,
    near.length > 0 ? `did you mean ${near.join(', ')}?` : 'leave out the chain to see all',
  );
}

function serverView({
  protocol,
  address,
  family,
  port,
  fwmark,
  scheduler,
  persistence,
  realServers,
  source,
}: VirtualServer): VirtualServerView {
  return {
    protocol,
    name: address === null ? `fwmark ${fwmark}` : hostPort(formatAddress(address, family), port),
    scheduler,
    persistence,
    realServers: realServers.map(real => ({
      address: formatAddress(real.address, real.family),
      port: real.port,
      weight: real.weight,
      forwarding: real.forwarding,
    })),
    line: source.line,
  };
}

function notesOf({ tables }: RuleSet, node: string | null): Note[] {
  if (tables.length > 0) return [];
  const where = node === null ? 'the files have' : `${node} has`;
  return [{ code: 'no-rules', severity: 'info', text: `${where} no netfilter rules` }];
}
