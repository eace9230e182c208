import type { DnsDirect, DnsLookup, DnsReply, DnsReport } from '../model/dns-report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, hanging, type Layout, paint } from './layout.ts';
import { fields, gapLines, noteLines, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';
import { count, list } from './words.ts';

/** How a pod looks names up, as text: each name with what was asked for it, in order, and what each server says. */
export function dnsText(original: DnsReport, layout: Layout): string {
  const report = visibleReport(original);
  const { pod, notes, gaps, lookups } = report;
  const lines = [
    paint(`DNS of pod ${pod.namespace}/${pod.name}${pod.node === null ? '' : ` on ${pod.node}`}`, 'title', layout),
    ...configLines(report, layout),
    ...section('Notes', noteLines(notes, layout), layout),
    ...lookups.flatMap(lookup => lookupLines(lookup, layout)),
    ...section('Not known', gapLines(gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

function configLines({ config, hosts, time }: DnsReport, layout: Layout): string[] {
  // What kubelet writes in every hosts file says nothing.
  const own = (hosts ?? []).filter(({ names }) => !names.some(name => /^(ip6-|localhost)/.test(name)));
  const pairs: [string, CellLike][] =
    config === null
      ? [['resolv.conf', cell('? not read', 'doubt')]]
      : [
          ['Servers', config.nameservers.length === 0 ? cell('✗ none', 'bad') : list(config.nameservers)],
          ['Search', config.search.join(' ') || 'none'],
          ['ndots', String(config.ndots)],
        ];
  const others = config?.options.filter(option => !option.startsWith('ndots:')) ?? [];
  if (others.length > 0) pairs.push(['Options', others.join(' ')]);
  if (own.length > 0)
    pairs.push(['hosts file', list(own.map(({ address, names }) => `${address} ${names.join(' ')}`))]);
  return [...fields([...pairs, ['Collected', time]], layout), ...evidenceLines(config?.evidence, layout)];
}

function lookupLines(lookup: DnsLookup, layout: Layout): string[] {
  const tries = lookup.tried.map(
    ({ name, server, replies }): Row => ({
      cells: [name, server, ...['A', 'AAAA'].map(type => replyCell(replies.find(reply => reply.type === type)))],
      evidence: replies.flatMap(({ evidence }) => evidence ?? []),
    }),
  );
  const servers = Map.groupBy(lookup.direct, ({ server, role }) => `${server} ${role}`);
  const direct = [...servers.values()].map(
    (group): Row => ({
      cells: [
        serverWords(group[0]),
        ...(['udp', 'tcp'] as const).map(transport =>
          replyCell(group.find(each => each.transport === transport)?.reply),
        ),
      ],
      evidence: group.flatMap(({ reply }) => reply.evidence ?? []),
    }),
  );
  return [
    '',
    ...hanging(['', cell(lookup.name, 'title'), '  '], outcomeCell(lookup), layout),
    ...table(['ASKED IN ORDER', 'SERVER', 'A', 'AAAA'], tries, layout),
    ...(direct.length === 0 || lookup.outcome === 'hosts'
      ? []
      : ['', ...table(['EACH SERVER ITSELF', 'UDP', 'TCP'], direct, layout)]),
  ];
}

function outcomeCell({ outcome, answer, milliseconds, wasted, tried }: DnsLookup): CellLike {
  const cost = [
    duration(milliseconds),
    ...(wasted > 0 ? [count(wasted, 'query without an answer', 'queries without an answer')] : []),
  ].join(', ');
  switch (outcome) {
    case 'answered':
      return cell(`✓ ${list(answer?.addresses ?? [], 'an answer without an address')} in ${cost}`, 'good');
    case 'hosts':
      return cell(`✓ ${list(answer?.addresses ?? [])} by the hosts file: no server is asked`, 'good');
    case 'no-such-name':
      return cell(`✗ no such name, after ${cost}`, 'bad');
    case 'no-data':
      return cell(`✗ the name exists without an address, after ${cost}`, 'bad');
    case 'no-reply':
      return cell(
        tried.length === 0 ? '✗ no server to ask' : `✗ no server replied, after ${duration(milliseconds)}`,
        'bad',
      );
    case 'failed':
      return cell(`✗ the servers fail, after ${cost}`, 'bad');
  }
}

function replyCell(reply: DnsReply | undefined): CellLike {
  if (reply === undefined) return '';
  const { status, problem, answers, milliseconds, truncated } = reply;
  if (status === null) return cell(`✗ ${problem ?? 'no reply'}`, 'bad');
  const time = milliseconds === null ? '' : ` ${duration(milliseconds)}`;
  const cut = truncated ? ', truncated' : '';
  if (status !== 'NOERROR') return cell(`${status}${cut}${time}`, status === 'NXDOMAIN' ? 'plain' : 'bad');
  return `${answers.length === 0 ? 'no address' : list(answers.map(({ data }) => data))}${cut}${time}`;
}

function serverWords(direct: DnsDirect | undefined): string {
  if (direct === undefined) return '';
  const { server, serverName, role } = direct;
  const what = role === 'dns-pod' ? 'DNS pod ' : role === 'node-cache' ? 'node-local cache ' : '';
  return `${what}${server}${serverName === null ? '' : ` (${serverName})`}`;
}

function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}
