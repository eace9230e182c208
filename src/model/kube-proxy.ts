import type { IptablesChain, IptablesTable } from '../parse/iptables-records.ts';
import type { KubeProxyConfigRecord } from '../parse/kube-proxy-config.ts';
import type { LinkRecord } from '../parse/link.ts';
import type { Evidence, NodeReport, Note } from './report.ts';
import { cite, type Section } from './section.ts';
import type { RuleSets } from './service-chains.ts';

type KubeProxy = NodeReport['kubeProxy'];
type Mode = KubeProxy['mode'];

/** What tells the mode of kube-proxy. */
export interface ProxyFacts {
  rules: RuleSets;
  links: Section<LinkRecord>;
  config: Section<KubeProxyConfigRecord>;
}

/**
 * kube-proxy's mode as its rules show it, and the backends that they live in. Its chains: nat KUBE-SERVICES in iptables
 * mode, with KUBE-NODE-PORT or KUBE-LOAD-BALANCER in IPVS mode, table kube-proxy in nftables mode. Where rules of several
 * modes lie about (a mode was changed without clean-up), the configuration decides; without it the mode is unknown.
 * `none` is only said when every rule set was read.
 */
export function kubeProxyOf(facts: ProxyFacts): { kubeProxy: KubeProxy; notes: Note[] } {
  const found: {
    mode: Exclude<Mode, 'none' | 'unknown'>;
    backend: KubeProxy['backends'][number];
    evidence: Evidence[];
  }[] = [];
  for (const { backend, section } of facts.rules.iptables) {
    const services = chain(section, /^KUBE-SERVICES$/);
    if (services === undefined) continue;
    const ipvs = chain(section, /^KUBE-(NODE-PORT|LOAD-BALANCER)$/);
    found.push({ mode: ipvs ? 'ipvs' : 'iptables', backend, evidence: cite(section, ipvs ?? services) });
  }
  const nft = facts.rules.nft.records.find(record => record.kind === 'chain' && record.table === 'kube-proxy');
  if (nft !== undefined) found.push({ mode: 'nftables', backend: 'nftables', evidence: cite(facts.rules.nft, nft) });
  const dummy = facts.links.records.find(({ name, kind }) => name === 'kube-ipvs0' && kind === 'dummy');
  const virtual = facts.rules.ipvs.records[0];
  if (dummy !== undefined && virtual !== undefined) {
    found.push({
      mode: 'ipvs',
      backend: 'ipvs',
      evidence: [...cite(facts.links, dummy), ...cite(facts.rules.ipvs, virtual)],
    });
  }
  const config = facts.config.records[0];
  const configured = config === undefined ? null : configuredMode(config.mode);
  const modes = [...new Set(found.map(({ mode }) => mode))];
  const evidence = [...found.flatMap(item => item.evidence), ...(config ? cite(facts.config, config) : [])];
  const backends = [...new Set(found.map(({ backend }) => backend))];
  const [only] = modes;
  const decided = (mode: Mode) => ({ kubeProxy: { mode, backends, evidence } });
  if (modes.length > 1) {
    const text = `the rules of several kube-proxy modes are there (${modes.join(', ')}): those of a former mode were not cleaned up`;
    const mode = modes.find(candidate => candidate === configured) ?? 'unknown';
    return { ...decided(mode), notes: [{ code: 'several-proxy-modes', severity: 'warning', text, evidence }] };
  }
  if (only !== undefined) {
    if (configured === null || configured === only) return { ...decided(only), notes: [] };
    const text = `kube-proxy is configured for ${configured} mode, but its rules are those of ${only} mode`;
    return { ...decided(only), notes: [{ code: 'proxy-mode-differs', severity: 'warning', text, evidence }] };
  }
  const sections = [...facts.rules.iptables.map(({ section }) => section), facts.rules.nft, facts.rules.ipvs];
  if (!sections.every(({ state }) => state === 'whole')) return { ...decided('unknown'), notes: [] };
  if (configured === null) return { ...decided('none'), notes: [] };
  const text = `kube-proxy is configured for ${configured} mode, but none of its rules is on the node`;
  return { ...decided('none'), notes: [{ code: 'proxy-rules-missing', severity: 'warning', text, evidence }] };
}

function chain(section: Section<IptablesTable>, name: RegExp): IptablesChain | undefined {
  const nat = section.records.filter(table => table.name === 'nat');
  return nat.flatMap(({ chains }) => [...chains.values()]).find(record => name.test(record.name));
}

/** "" is the default of the platform: iptables on Linux (pkg/proxy/apis/config/types.go). */
function configuredMode(mode: string): Exclude<Mode, 'none' | 'unknown'> | null {
  if (mode === '') return 'iptables';
  return mode === 'iptables' || mode === 'nftables' || mode === 'ipvs' ? mode : null;
}
