import type { ClusterList } from '../../model/cluster-list.ts';
import type { Table } from '../../model/rules.ts';
import { cell, type Layout } from '../../render/layout.ts';
import { nodeText } from '../../render/node.ts';
import { count } from '../../render/words.ts';
import type { NodeDocument } from '../documents.ts';
import { heading, linesPage, listPage, type Page, plain, type Row } from '../page.ts';
import type { Place, TableRef } from '../place.ts';

/** A node: its tables and pods to enter, then its report. */
export function nodePage({ report, rules }: NodeDocument, cluster: ClusterList | null, layout: Layout): Page {
  const node = report.node.name;
  const mode =
    report.kubeProxy.mode === 'unknown' ? '? kube-proxy mode not known' : `kube-proxy ${report.kubeProxy.mode}`;
  const tables = block(
    ['TABLE', 'BACKEND', 'CHAINS', 'RULES', ''],
    rules.tables.map(table => ({
      cells: [
        cell(`${table.family} ${table.name}`, 'name'),
        table.backend,
        String(table.chains.size),
        String(rulesIn(table)),
        table.dormant ? 'dormant: not in use' : '',
      ],
      to: { kind: 'table', node, table: refOf(table) },
    })),
    layout,
  );
  const servers = rules.ipvs ?? [];
  const ipvs: Row[] =
    servers.length === 0
      ? []
      : [{ text: count(servers.length, 'IPVS virtual server'), to: { kind: 'ipvs', node }, raw: null }];
  const pods = block(
    ['POD', 'ADDRESSES'],
    (cluster?.pods ?? [])
      .filter(pod => pod.node === node)
      .map(({ namespace, name, ips }) => ({
        cells: [cell(`${namespace}/${name}`, 'name'), ips.join(', ')],
        to: { kind: 'pod', namespace, name },
      })),
    layout,
  );
  return linesPage(`${node} · ${mode}`, [
    ...tables,
    ...ipvs,
    ...(pods.length === 0 ? [] : [...heading('Pods', layout), ...pods]),
    plain(''),
    ...nodeText(report, layout).trimEnd().split('\n').map(plain),
  ]);
}

function block(
  heads: readonly string[],
  rows: readonly { cells: readonly (string | ReturnType<typeof cell>)[]; to: Place }[],
  layout: Layout,
): Row[] {
  if (rows.length === 0) return [];
  const page = listPage('', heads, rows, layout);
  return [plain(page.head ?? ''), ...rows.map((_, index) => page.row(index))];
}

function rulesIn({ chains }: Table): number {
  let sum = 0;
  for (const { rules } of chains.values()) sum += rules.length;
  return sum;
}

/** The place of a table. */
export function refOf({ file, family, name }: Table): TableRef {
  return { file, family, name };
}

/** The table that a place names; undefined: the node has none like it. */
export function tableOf({ rules }: NodeDocument, { file, family, name }: TableRef): Table | undefined {
  return rules.tables.find(
    table => table.file === file && table.name === name && (table.family === family || table.family === 'inet'),
  );
}
