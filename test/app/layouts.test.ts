import { describe, expect, test } from '@jest/globals';
import { tracePacket } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import type { Outcome } from '../../src/model/trace.ts';
import { line } from '../analyse/trace/cases.ts';
import { layouts, packetOf, printOf, recordedLayouts } from './layouts.ts';

// The rules that projects install on nodes and in pods, as the tools print them (fixtures/layouts/record.sh).
const has = (layout: string, name: string) => printOf(layout, name) !== null;
const load = (layout: string, local: readonly string[], ...names: string[]) =>
  loadRuleFiles(
    [...names, 'ipset.txt'].flatMap(name => {
      const text = printOf(layout, name);
      return text === null ? [] : [{ name, text }];
    }),
    { local },
  );

test('each layout has its rows', () => {
  expect(Object.keys(layouts).sort()).toEqual([...recordedLayouts].sort());
});

/** Everything that a packet's ways end in, apart from what is taken for granted. */
const ends = (outcomes: readonly Outcome[]) => outcomes.map(outcome => line({ ...outcome, assumed: [] })).sort();
const certain = (outcomes: readonly Outcome[]) => outcomes.every(({ unknown }) => unknown.length === 0);

describe.each(Object.entries(layouts))('%s', (name, { local, packets, opaque = 0 }) => {
  const whole = load(name, local, 'iptables-save.txt', 'nft.txt');

  test('every line is read', () => {
    expect(whole).toMatchObject({ problems: [], notes: [], unread: [], summary: { unread: 0, opaque } });
  });

  test.each(packets.map(([what, packet, ...expected]) => [what, packet, expected] as const))(
    '%s: %s',
    (_, packet, expected) => {
      expect(tracePacket(whole.host, packetOf(packet)).map(line).sort()).toEqual([...expected].sort());
    },
  );

  /** Other prints of the same rules: read whole, and with the same answers; `certain`: at least where they are certain. */
  const prints: readonly [string, string[], 'same' | 'certain'][] = [
    ['iptables -S', ['iptables-S.txt'], 'same'],
    ['iptables -L -n -v', ['iptables-L.txt'], 'same'],
    ['nft beside iptables-save', ['nft-of-iptables.txt', 'iptables-save.txt'], 'same'],
    ['nft alone, which does not show all that iptables-nft keeps', ['nft-of-iptables.txt'], 'certain'],
    ['nft -j', ['nft.json'], 'same'],
  ];
  test.each(prints.filter(([, files]) => files.every(file => has(name, file))))('%s', (_, files, how) => {
    const { host, unread } = load(name, local, ...files);
    expect(unread).toEqual([]);
    for (const [what, packet] of packets) {
      const [outcomes, expected] = [host, whole.host].map(each => tracePacket(each, packetOf(packet)));
      if (outcomes === undefined || expected === undefined) throw new Error('two were asked for');
      if (how === 'same' || certain(outcomes))
        expect([what, ...ends(plain(outcomes))]).toEqual([what, ...ends(plain(expected))]);
    }
  });

  const names = 'iptables-L-names.txt';
  if (has(name, names))
    test('iptables -L with names: every line is read, and what it hides is said', () => {
      const { host, unread } = load(name, local, names);
      expect(unread).toEqual([]);
      const hidden = 'rules ask for no interface (iptables -L shows them with -v only)';
      for (const [, packet] of packets)
        for (const { assumed } of tracePacket(host, packetOf(packet))) expect(assumed).toContain(hidden);
    });
});

/** The tools have a match that is not modelled in their own words each. */
function plain(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.map(outcome => ({
    ...outcome,
    unknown: outcome.unknown.map(text => (/^-m /.test(text) ? '-m …' : text)),
  }));
}
