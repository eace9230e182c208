import type { Egress, Evidence, Interface, Overlay, PodReport } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, hanging, type Layout, pad } from './layout.ts';
import { address, count, destination, list } from './words.ts';

/** A place that the pod's packets meet, or what joins two of them. */
type Stop = ({ where: string; interface: string; details: string[] } | { link: string }) & {
  evidence?: Evidence[] | undefined;
};

/**
 * The pod's way to the network as a chain, downwards: its interface, the other end on the node, the bridge or the host
 * routes, and the ways out of the node.
 */
export function pathLines(report: PodReport, layout: Layout): string[] {
  const stops = stopsOf(report);
  const exits = report.egress;
  if (stops.length === 0 && exits.length === 0) return [];
  const names = stops.flatMap(stop => ('where' in stop ? [stop] : []));
  const whereWidth = Math.max(0, ...names.map(stop => stop.where.length));
  const lines = stops.flatMap((stop, index) => {
    const evidence = evidenceLines(stop.evidence, layout);
    if ('link' in stop) return [...hanging('  │ ', cell(stop.link, 'label'), layout), ...evidence];
    const sign = index === 0 ? '┌' : index === stops.length - 1 && exits.length === 0 ? '└' : '├';
    const text = [`${pad(stop.where, whereWidth)}  ${stop.interface}`, ...stop.details].join(' · ');
    return [...hangingChain(`  ${sign} `, text, '  │ ', layout), ...evidence];
  });
  const gapLine = stops.length > 0 && exits.length > 0 ? ['  │'] : [];
  const exitLines = exits.flatMap((egress, index) => {
    const last = index === exits.length - 1;
    const text = `${destination(egress.destination, egress.family)}: ${exitWords(egress, report.overlays)}`;
    const words = egress.interface === null ? cell(text, 'bad') : text;
    return [
      ...hangingChain(`  ${last ? '└→' : '├→'} `, words, last ? '     ' : '  │  ', layout),
      ...evidenceLines(egress.evidence, layout),
    ];
  });
  return [...lines, ...gapLine, ...exitLines];
}

/** As hanging, with the chain's own line before the following lines. */
function hangingChain(first: string, value: CellLike, following: string, layout: Layout): string[] {
  return hanging(first, value, layout).map((line, index) =>
    index === 0 ? line : following + line.slice(following.length),
  );
}

function stopsOf(report: PodReport): Stop[] {
  const node = report.node?.name ?? 'node';
  const { attachment } = report;
  if (attachment.kind === 'host-network') return [{ where: node, interface: "the node's own network", details: [] }];
  const stops = report.interfaces.flatMap((own): Stop[] => {
    const at = own.peer === null ? own.name : `${own.name}@if${own.peer.index}`;
    const podSide: Stop = { where: 'pod', interface: at, details: [...globalAddresses(own), `MTU ${own.mtu}`] };
    if (own.peer === null) return [podSide, { link: `${own.kind}: the other end on the node is not known` }];
    const veth: Stop = { link: `${own.kind} pair, index ${own.index} ⇄ ${own.peer.index}` };
    return [
      podSide,
      veth,
      { where: node, interface: own.peer.name, details: [...globalAddresses(own.peer), `MTU ${own.peer.mtu}`] },
    ];
  });
  if (stops.length === 0) return [];
  if (attachment.kind === 'bridge') {
    const { bridge, members } = attachment;
    const details = [...globalAddresses(bridge), `bridge with ${count(members.length, 'port')}`, `MTU ${bridge.mtu}`];
    stops.push({ link: 'a port of' }, { where: node, interface: bridge.name, details, evidence: bridge.evidence });
  } else if (attachment.kind === 'routed') {
    const routes = attachment.routes.map(
      route => `${route.destination}${route.interface === null ? '' : ` dev ${route.interface}`}`,
    );
    stops.push({ link: `routed, no bridge: ${list(routes, 'no host route found')}` });
  } else {
    stops.push({ link: `not known how it goes on: ${attachment.why}` });
  }
  return stops;
}

/** Link-local addresses stand in the table of interfaces. */
function globalAddresses({ addresses }: Interface): string[] {
  return addresses.filter(({ scope }) => scope !== 'link').map(address);
}

function exitWords(egress: Egress, overlays: readonly Overlay[]): string {
  if (egress.interface === null) return `✗ discarded (${egress.type})`;
  const hop = egress.nextHop === null ? 'directly connected' : `next hop ${egress.nextHop}`;
  const source = egress.source === null ? '' : `, source ${egress.source}`;
  const overlay = overlays.find(({ device }) => device === egress.interface);
  const remote = overlay?.remotes.find(({ routes }) => routes.includes(egress.destination));
  const tunnel = remote === undefined ? '' : ` → ${overlay?.kind} to ${remote.node ?? remote.address}`;
  return `${egress.interface} → ${hop}${tunnel}${source}`;
}
