import { expect } from '@jest/globals';
import { tracePacket } from '../../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../../src/app/rule-files.ts';
import type { Outcome, PacketInput } from '../../../src/model/trace.ts';

/** Dumps of one host, a packet, and what becomes of it. */
export interface Case {
  rules: string[];
  local?: string[];
  packet?: Partial<PacketInput>;
  /** `share verdict to (snat) [reject] {unknown} assumed`, one line an outcome. */
  expected: string[];
}

export const packet: PacketInput = {
  source: '10.0.0.1',
  destination: '10.0.0.2',
  protocol: 'tcp',
  port: 80,
  sourcePort: 40000,
};

/** An outcome in one line; of what is assumed, what most traces do is left out. */
export function line({ probability, verdict, to, dnat, snat, rejectWith, unknown, assumed }: Outcome): string {
  const told = assumed.filter(text => text !== 'a new connection' && !/^no (nat|filter) table in the dump/.test(text));
  return [
    probability ?? '?',
    verdict,
    dnat ? `→ ${to}` : null,
    snat === null ? null : `(${snat})`,
    rejectWith === null ? null : `[${rejectWith}]`,
    unknown.length === 0 ? null : `{${unknown.join('; ')}}`,
    told.length === 0 ? null : `assumed: ${told.join('; ')}`,
  ]
    .filter(part => part !== null)
    .join(' ');
}

export function check({ rules, local = ['10.0.0.254'], packet: own = {}, expected }: Case): void {
  const files = rules.map((text, at) => ({ name: `file${at}`, text }));
  const { host } = loadRuleFiles(files, { local });
  expect(
    tracePacket(host, { ...packet, ...own })
      .map(line)
      .sort(),
  ).toEqual([...expected].sort());
}

/** A table as iptables-save prints it, with the chains that it always has. */
function table(name: string, hooks: readonly string[]): (...lines: string[]) => string {
  return (...lines) => [`*${name}`, ...hooks.map(hook => `:${hook} ACCEPT [0:0]`), ...lines, 'COMMIT', ''].join('\n');
}

export const filter = table('filter', ['INPUT', 'FORWARD', 'OUTPUT']);
export const nat = table('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']);
