import { IncompleteError } from '../errors.ts';
import { toInterface } from '../model/interfaces.ts';
import { kubeProxyOf } from '../model/kube-proxy.ts';
import { overlaysOf } from '../model/overlay.ts';
import type { NodeReport } from '../model/report.ts';
import { routesOf } from '../model/routing.ts';
import { cite, type Section } from '../model/section.ts';
import { families } from '../model/stack.ts';
import { parseCni } from '../parse/cni.ts';
import { parseKubeProxyConfig } from '../parse/kube-proxy-config.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { ruleText } from '../parse/rule.ts';
import { nodePath, type Snapshot } from '../parse/snapshot.ts';
import { parseSysctls, type SysctlRecord } from '../parse/sysctl.ts';
import { withoutEvidence } from './evidence.ts';
import { type SectionReader, sectionReader } from './sections.ts';
import { readNodeStack, readRuleSets } from './stacks.ts';

/**
 * The node's network, from the snapshot alone. What is not known is null, with a gap that says why.
 * Throws IncompleteError `node-not-in-snapshot` when the snapshot has neither the node nor a section of it.
 */
export function nodeReport(snapshot: Snapshot, name: string, { evidence }: { evidence: boolean }): NodeReport {
  const reader = sectionReader(snapshot);
  const nodes = reader.read('cluster/nodes.json', parseNodes);
  const node = nodes.records.find(record => record.name === name);
  if (node === undefined && reader.list(nodePath(name, '')).length === 0) {
    const known = nodes.records.map(record => record.name).join(', ');
    throw new IncompleteError(
      'node-not-in-snapshot',
      `node ${name} is not in the data`,
      known === '' ? undefined : `nodes in it: ${known}`,
    );
  }
  const stack = readNodeStack(reader, name, null);
  const { kubeProxy, notes } = kubeProxyOf({
    rules: readRuleSets(reader, name),
    links: stack.links,
    config: reader.read(nodePath(name, 'kube-proxy.yaml'), parseKubeProxyConfig, 'optional'),
  });
  const sysctls = reader.read(nodePath(name, 'sysctl.txt'), parseSysctls);
  const values = Object.fromEntries(sysctls.records.map(({ key, value }) => [key, value]));
  const report: NodeReport = {
    apiVersion: 'netinspect/v1',
    kind: 'NodeReport',
    time: snapshot.index.time,
    node: {
      name,
      ips: node?.ips ?? [],
      podCIDRs: node?.podCIDRs ?? [],
      ready: node?.ready ?? null,
      osImage: node?.osImage ?? null,
      kernel: node?.kernel ?? null,
      containerRuntime: node?.containerRuntime ?? null,
      kubeletVersion: node?.kubeletVersion ?? null,
      ...(node === undefined ? {} : { evidence: cite(nodes, node) }),
    },
    interfaces: stack.links.records.map(link => toInterface(link, stack)),
    bridges: stack.links.records
      .filter(({ kind }) => kind === 'bridge')
      .map(bridge => ({
        name: bridge.name,
        members: stack.links.records.filter(({ master }) => master === bridge.name).map(link => link.name),
        evidence: cite(stack.links, bridge, ...stack.links.records.filter(({ master }) => master === bridge.name)),
      })),
    routes: routesOf(stack),
    rules: families.flatMap(family =>
      stack.rules[family].records.map(rule => ({
        family,
        priority: rule.priority,
        text: ruleText(rule),
        table: rule.table,
        evidence: cite(stack.rules[family], rule),
      })),
    ),
    overlays: overlaysOf(stack, nodes.records),
    cni: cniOf(reader, name),
    kubeProxy,
    conntrack: conntrackUse(sysctls),
    sysctls: values,
    notes,
    gaps: [...reader.gaps],
  };
  return evidence ? report : withoutEvidence(report);
}

/** libcni's order: by file name, suffixes .conf, .conflist and .json (containernetworking/cni libcni/conf.go ConfFiles). */
function cniOf(reader: SectionReader, node: string): NodeReport['cni'] {
  const path = reader.list(nodePath(node, 'cni/')).find(file => /\.(conf|conflist|json)$/.test(file));
  if (path === undefined) return null;
  const section = reader.read(path, parseCni);
  const [record] = section.records;
  if (record === undefined) return null;
  return {
    file: path.slice(path.lastIndexOf('/') + 1),
    name: record.name,
    plugins: record.plugins,
    evidence: cite(section, record),
  };
}

/** Entries in use and the limit, from the sysctls; null when they are not there. */
export function conntrackUse(sysctls: Section<SysctlRecord>): NodeReport['conntrack'] {
  const find = (name: string) => sysctls.records.find(({ key }) => key === name);
  const count = find('net.netfilter.nf_conntrack_count');
  const max = find('net.netfilter.nf_conntrack_max') ?? find('net.nf_conntrack_max');
  if (count === undefined || max === undefined || !/^\d+$/.test(count.value) || !/^\d+$/.test(max.value)) return null;
  return { count: Number(count.value), max: Number(max.value), evidence: cite(sysctls, count, max) };
}
