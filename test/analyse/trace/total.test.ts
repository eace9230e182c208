import { expect, test } from '@jest/globals';
import Fraction from 'fraction.js';
import { tracePacket } from '../../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../../src/app/rule-files.ts';
import { filter, nat, packet } from './cases.ts';

/** A small generator of numbers that is the same on every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const chances = ['0.50000000000', '0.33333333349', '0.25000000000', '0.10000000009'];

function ruleSet(next: (below: number) => number): string[] {
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  const match = () =>
    pick([
      '',
      `-m statistic --mode random --probability ${pick(chances)} `,
      `-m statistic --mode nth --every ${2 + next(4)} --packet 0 `,
      `-m mark --mark 0x${next(4)}/0x${next(4)} `,
      '-o eth0 ',
      '! -i cni0 ',
      '-p tcp -m tcp --sport 40000 ',
      '-m set --match-set gone src ',
    ]);
  const rules = (chain: string, targets: readonly string[]) =>
    Array.from({ length: next(5) }, () => `-A ${chain} ${match()}-j ${pick(targets)}`);
  const mark = ['MARK --set-xmark 0x1/0x1', 'MARK --set-xmark 0x2/0x2'];
  const declared = [':A - [0:0]', ':B - [0:0]'];
  const dnat = ['DNAT --to-destination 10.1.0.1', 'DNAT --to-destination 10.1.0.2:8080', ...mark, 'RETURN'];
  return [
    nat(...declared, ...rules('PREROUTING', [...dnat, 'A', 'B']), ...rules('A', [...dnat, 'B']), ...rules('B', dnat)),
    filter(
      ...declared,
      ...rules('FORWARD', ['A', 'B', 'ACCEPT', 'DROP', ...mark]),
      ...rules('A', ['B', 'RETURN', 'REJECT --reject-with icmp-port-unreachable', ...mark]),
      ...rules('B', ['RETURN', 'ACCEPT', 'DROP', ...mark]),
    ),
    `table ip t {\n chain c {\n  type filter hook forward priority 10; policy accept;\n  numgen random mod ${2 + next(4)} vmap { 0 : drop, 1 : accept }\n }\n}\n`,
  ];
}

test.each(Array.from({ length: 200 }, (_, at) => at))('the shares of rule set %i add up to one', seed => {
  const rules = ruleSet(numbers(seed));
  const files = rules.map((text, at) => ({ name: `file${at}`, text }));
  const { host } = loadRuleFiles(files, { local: ['10.0.0.254'] });
  const outcomes = tracePacket(host, packet);
  const known = outcomes.filter(({ probability }) => probability !== null);
  const sum = known.reduce((total, { probability }) => total.add(probability ?? 0), new Fraction(0));
  expect(known.length === outcomes.length ? sum.toFraction() : sum.compare(1) <= 0).toBe(
    known.length === outcomes.length ? '1' : true,
  );
});
