import type {
  ConntrackDestination,
  ConntrackOnNode,
  ConntrackReport,
  NamedConntrackEntry,
} from '../model/conntrack-report.ts';
import { evidenceLines } from './evidence.ts';
import { type Cell, type CellLike, cell, type Layout, paint } from './layout.ts';
import { fields, gapLines, noteLines, nothing, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { count, endpoint, list } from './words.ts';

/** Tracked connections as text; of each node at most `top` destinations and entries. */
export function conntrackText(original: ConntrackReport, top: number, layout: Layout): string {
  const shown = original.nodes.map(node => ({ ...node, entries: mostTelling(node.entries, top) }));
  const report = visibleReport({ ...original, nodes: shown });
  const { target, notes, gaps } = report;
  const addresses = list(target.addresses.filter(address => address !== target.name));
  const lines = [
    paint(`Connections of ${target.kind} ${target.name}${addresses === '' ? '' : ` (${addresses})`}`, 'title', layout),
    ...filterLines(report, layout),
    ...section('Notes', noteLines(notes, layout), layout),
    ...report.nodes.flatMap(node => section(node.node, nodeLines(node, top, layout), layout)),
    ...section('Not known', gapLines(gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function filterLines({ filter, time }: ConntrackReport, layout: Layout): string[] {
  const only = Object.entries(filter).flatMap(([name, value]) => (value === null ? [] : `${name} ${value}`));
  const pairs: [string, CellLike][] = only.length === 0 ? [] : [['Only', only.join(', ')]];
  return fields([...pairs, ['Collected', time]], layout);
}

/** Unanswered and stale entries come first, those that only wait to be forgotten last. */
function mostTelling(entries: readonly NamedConntrackEntry[] | null, top: number): NamedConntrackEntry[] | null {
  const rank = ({ stale, state, flags }: NamedConntrackEntry) =>
    stale === true ? 0 : flags.includes('UNREPLIED') ? 1 : state === 'TIME_WAIT' || state === 'CLOSE' ? 3 : 2;
  return entries?.toSorted((a, b) => rank(a) - rank(b)).slice(0, top) ?? null;
}

function nodeLines(node: ConntrackOnNode, top: number, layout: Layout): string[] {
  const { matched, states, entries } = node;
  const kinds = states.map(({ protocol, state, count: of }) => `${of} ${[protocol, state].filter(Boolean).join(' ')}`);
  const pairs: [string, CellLike][] = [
    ['Table', tableUse(node)],
    [
      'Matching',
      matched === null
        ? cell('? not known', 'doubt')
        : `${count(matched, 'entry', 'entries')}${kinds.length === 0 ? '' : `: ${list(kinds)}`}`,
    ],
  ];
  const rest = (matched ?? 0) - (entries?.length ?? 0);
  return [
    ...fields(pairs, layout),
    ...evidenceLines(node.table?.evidence, layout),
    ...destinationLines(node, top, layout),
    ...(entries === null || entries.length === 0 ? [] : ['', ...entryTable(entries, layout)]),
    ...(entries !== null && entries.length > 0 && rest > 0
      ? nothing(`… and ${rest} more: --top N shows more, filters fewer`, layout)
      : []),
    ...statisticLines(node, layout),
  ];
}

function tableUse({ table: use, full }: ConntrackOnNode): CellLike {
  if (use === null) return cell('? not known', 'doubt');
  const share = use.max > 0 ? (100 * use.count) / use.max : 0;
  const log = full === null ? ', kernel log not read' : full.length === 0 ? '' : `, "table full" in the kernel log`;
  const text = `${use.count} of ${use.max} entries (${share < 1 && use.count > 0 ? '<1' : Math.floor(share)} %)${log}`;
  return share >= 80 || (full !== null && full.length > 0) ? cell(`⚠ ${text}`, 'doubt') : text;
}

function destinationLines({ destinations, moreDestinations }: ConntrackOnNode, top: number, layout: Layout): string[] {
  const shown = destinations.slice(0, top);
  if (shown.length === 0) return [];
  const rows = shown.map(
    (one): Row => ({
      cells: [
        named(`${endpoint(one.address, one.port)}/${one.protocol}`, one.name),
        String(one.count),
        one.unreplied === 0 ? '' : cell(`⚠ ${one.unreplied}`, 'doubt'),
        serverCell(one),
      ],
    }),
  );
  const rest = destinations.length - shown.length + moreDestinations;
  return [
    '',
    ...table(['DESTINATION', 'ENTRIES', 'UNREPLIED', 'ANSWERED BY'], rows, layout),
    ...(rest === 0 ? [] : nothing(`… and ${rest} more with fewer entries`, layout)),
  ];
}

function serverCell({ address, port, servers }: ConntrackDestination): CellLike {
  if (servers.every(server => server.address === address && server.port === port)) return '';
  const text = list(
    servers.map(server => {
      const who = named(endpoint(server.address, server.port), server.name);
      return `${who}${servers.length === 1 ? '' : ` ${server.count}`}${server.stale === true ? ' ✗ no endpoint' : ''}`;
    }),
  );
  return servers.some(({ stale }) => stale === true) ? cell(text, 'bad') : text;
}

function named(address: string, name: string | null): string {
  return name === null ? address : `${address} (${name})`;
}

function entryTable(entries: readonly NamedConntrackEntry[], layout: Layout): string[] {
  const rows = entries.map(
    (entry): Row => ({
      cells: [
        `${entry.protocol}${entry.state === null ? '' : ` ${entry.state}`}`,
        named(endpoint(entry.original.source, entry.original.sourcePort), entry.names.source),
        named(endpoint(entry.original.destination, entry.original.destinationPort), entry.names.destination),
        natCell(entry),
        entry.age === null ? '' : `${entry.age} s`,
        entry.timeout === null ? '' : `${entry.timeout} s`,
        entry.flags.includes('UNREPLIED') ? cell(list(entry.flags), 'doubt') : list(entry.flags),
      ],
      evidence: entry.evidence,
    }),
  );
  return table(['PROTOCOL', 'FROM', 'TO', 'NAT', 'AGE', 'EXPIRES', 'FLAGS'], rows, layout);
}

function natCell({ dnat, snat, names, stale }: NamedConntrackEntry): string | Cell {
  const parts = [
    ...(dnat === null ? [] : [`DNAT to ${named(endpoint(dnat.address, dnat.port), names.server)}`]),
    ...(snat === null ? [] : [`SNAT to ${named(endpoint(snat.address, snat.port), names.client)}`]),
  ];
  if (stale !== true) return parts.join(', ');
  return cell(`✗ ${parts.join(', ')}: no endpoint of ${names.destination ?? 'the service'}`, 'bad');
}

function statisticLines({ statistics }: ConntrackOnNode, layout: Layout): string[] {
  if (statistics === null) return [];
  const names = [...new Set(statistics.cpus.flatMap(({ counters }) => Object.keys(counters)))];
  const rows = statistics.cpus.map(
    ({ cpu, counters }): Row => ({
      cells: [String(cpu), ...names.map(name => worth(name, counters[name] ?? 0))],
    }),
  );
  return [
    '',
    `  ${paint(`Counters, what they grew by in ${statistics.seconds} s`, 'label', layout)}`,
    ...table(['CPU', ...names.map(name => name.toUpperCase())], rows, layout),
  ];
}

/** Counters that stand for packets that were lost. */
const losses = new Set(['insert_failed', 'drop', 'early_drop', 'error', 'chaintoolong']);

function worth(name: string, value: number): CellLike {
  return value > 0 && losses.has(name) ? cell(`⚠ ${value}`, 'doubt') : String(value);
}
