import { addressWords } from '../model/captured-packets.ts';
import type { Latency, PathMtu, Probe, ProbeReport } from '../model/probe-report.ts';
import type { Layout } from './layout.ts';
import { visible } from './visible.ts';

/** The report for people. */
export function probeText(report: ProbeReport, _layout: Layout): string {
  const { source, destination, probes, notes } = report;
  const head = `Probe ${source.name}${source.node === null ? '' : ` (${source.node})`} → ${destination.name}`;
  const lines = [head, ...probes.flatMap(probe => ['', ...probeLines(probe)])];
  if (notes.length > 0)
    lines.push('', ...notes.map(({ severity, text }) => `${severity === 'warning' ? '⚠' : 'ℹ'} ${text}`));
  return `${lines.map(line => visible(line)).join('\n')}\n`;
}

function probeLines(probe: Probe): string[] {
  const { attempts, succeeded, failures, latency, total, statuses, endpoints, agreement, path } = probe;
  const what = path === null ? probe.protocol : `HTTP ${path}`;
  const sign = succeeded === attempts ? '✓' : '✗';
  const table = endpoints === null ? [] : endpointRows(endpoints);
  return [
    `  ${addressWords(probe.address, probe.port)}  ${what}, from ${probe.source}`,
    `  ${sign} ${succeeded} of ${attempts} ${probe.protocol === 'icmp' ? 'answered' : 'succeeded'}`,
    ...failures.map(({ why, count }) => `      ${count} × ${why}`),
    ...(latency === null ? [] : [`  Latency    ${latencyWords(latency)}`]),
    ...(total === null ? [] : [`  Answer     ${latencyWords(total)}`]),
    ...(statuses.length === 0
      ? []
      : [`  Status     ${statuses.map(({ status, count }) => `${status} × ${count}`).join(', ')}`]),
    ...table,
    ...(probe.endpointsUnknown === null ? [] : [`  Answered   not known: ${probe.endpointsUnknown}`]),
    `  ${{ agrees: '✓', differs: '✗', 'not tested': '–' }[agreement.verdict]} ${agreementWords(probe)}`,
    ...(probe.hops ?? []).map(
      ({ number, address, name, latencyMs, error }, index) =>
        `  ${index === 0 ? 'Hops    ' : '        '}   ${String(number).padStart(2)}  ${address === null ? '*' : `${address}  ${name ?? '?'}  ${latencyMs ?? '?'} ms`}${error === null ? '' : `  ${error}`}`,
    ),
    ...(probe.mtu ?? []).map((mtu, index) => `  ${index === 0 ? 'Path MTU' : '        '}   ${mtuWords(mtu)}`),
  ];
}

function mtuWords({ address, name, bytes, interface: device, interfaceMtu, isSilent, saidBy }: PathMtu): string {
  const to = `${address}  ${name ?? '?'}`;
  if (bytes === null) return `${to}  not known: nobody answered`;
  if (bytes === interfaceMtu) return `✓ ${to}  ${bytes}, as ${device} has it`;
  if (saidBy !== null) return `ℹ ${to}  ${bytes}: ${saidBy.address} says ${saidBy.mtu}; ${device} has ${interfaceMtu}`;
  if (!isSilent) return `ℹ ${to}  ${bytes}; ${device} has ${interfaceMtu}`;
  return `✗ ${to}  ${bytes}: larger packets are lost without a word, and TCP hangs; ${device} has ${interfaceMtu}`;
}

function agreementWords({ agreement: { verdict, why, pValue } }: Probe): string {
  const value =
    pValue === null || pValue === 1 ? '' : ` (p = ${pValue < 1e-4 ? pValue.toExponential(1) : pValue.toFixed(4)})`;
  if (verdict === 'not tested') return `not held against the rules: ${why}`;
  return `${verdict === 'agrees' ? 'as the rules say' : 'NOT as the rules say'}: ${why}${value}`;
}

function endpointRows(endpoints: NonNullable<Probe['endpoints']>): string[] {
  const width = Math.max(...endpoints.map(({ address }) => address.length));
  const names = Math.max(...endpoints.map(({ name }) => (name ?? '?').length));
  const total = endpoints.reduce((sum, { count }) => sum + count, 0);
  return endpoints.map(({ address, name, count, share, probability }, index) => {
    const seen = total === 0 ? '' : ` ${percent(count / total)}`;
    const predicted =
      share === null
        ? 'no rule leads there'
        : `rules: ${percent(share)}${probability === null ? '' : ` (${probability})`}`;
    return `  ${index === 0 ? 'Answered' : '        '}   ${address.padEnd(width)}  ${(name ?? '?').padEnd(names)}  ${String(count).padStart(4)}${seen.padStart(7)}  ${predicted}`;
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function latencyWords({ min, p50, p90, p99, max }: Latency): string {
  const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  return `min ${ms(min)} · p50 ${ms(p50)} · p90 ${ms(p90)} · p99 ${ms(p99)} · max ${ms(max)} ms`;
}
