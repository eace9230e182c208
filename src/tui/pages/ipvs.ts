import { formatAddress, hostPort } from '../../model/address.ts';
import type { ClusterList } from '../../model/cluster-list.ts';
import { cell, type Layout } from '../../render/layout.ts';
import { endpoint } from '../../render/words.ts';
import { line } from '../columns.ts';
import type { NodeDocument } from '../documents.ts';
import { linesPage, type Page, type Row } from '../page.ts';

/** IPVS: each virtual server with its real servers; one that a single pod has is followed. */
export function ipvsPage({ report, rules }: NodeDocument, cluster: ClusterList | null, layout: Layout): Page {
  const widths = [Math.max(10, layout.width)];
  const rows = (rules.ipvs ?? []).flatMap((server): Row[] => {
    const name =
      server.address === null
        ? `fwmark ${server.fwmark}`
        : `${hostPort(formatAddress(server.address, server.family), server.port)}/${server.protocol?.toUpperCase()}`;
    const head = line([cell(`${name}  ${server.scheduler ?? '?'}`, 'name')], widths, layout);
    return [
      { text: head, to: null, raw: server.source.raw },
      ...server.realServers.map((real): Row => {
        const address = formatAddress(real.address, real.family);
        const [pod, more] = (cluster?.pods ?? []).filter(({ ips }) => ips.includes(address));
        const owner = pod === undefined || more !== undefined ? '' : ` (${pod.namespace}/${pod.name})`;
        const text = `  → ${endpoint(address, real.port)}${owner}, weight ${real.weight ?? '?'}, ${real.forwarding ?? '?'}`;
        return {
          text: line([text], widths, layout),
          to: owner === '' || pod === undefined ? null : { kind: 'pod', namespace: pod.namespace, name: pod.name },
          raw: null,
        };
      }),
    ];
  });
  return linesPage(`IPVS on ${report.node.name}`, rows);
}
