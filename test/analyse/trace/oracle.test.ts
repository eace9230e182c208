import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { outcomesOf } from '../../../src/analyse/trace/outcomes.ts';
import { startOf } from '../../../src/analyse/trace/packet.ts';
import { routingOf, traceHost } from '../../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../../src/app/rule-files.ts';
import type { PacketInput } from '../../../src/model/trace.ts';
import { agrees } from '../../oracle/agree.ts';
import { differences } from '../../oracle/counters.ts';
import type { Observation } from '../../oracle/observe.ts';
import { generated } from '../../oracle/topology.ts';

const fixtures = new URL('fixtures/oracle', import.meta.url).pathname;
const read = (folder: string, names: readonly string[]) =>
  names.map(name => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const lines = <Line>(...path: string[]): Line[] =>
  readFileSync(join(...path), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line);
const network = read(join(fixtures, 'network'), readdirSync(join(fixtures, 'network')));

/** What the kernel did with a packet, and the rules that it hit (test/oracle/record.ts). */
interface Expected {
  observed: Observation;
  hit: string[];
}

/** Each was once a disagreement of the kernel and the trace. */
describe('what the kernel oracle found', () => {
  test.each(readdirSync(fixtures).filter(name => name !== 'network'))('%s', name => {
    const folder = join(fixtures, name);
    const dumps = read(
      folder,
      readdirSync(folder).filter(file => !file.endsWith('.jsonl')),
    );
    const { host } = loadRuleFiles([...network, ...dumps], { local: [] });
    const packets = lines<PacketInput>(folder, 'packets.jsonl');
    for (const [index, { observed, hit }] of lines<Expected>(folder, 'expected.jsonl').entries()) {
      const packet = packets[index];
      if (packet === undefined) throw new Error(`no packet ${index}`);
      const endings = traceHost(host, startOf(packet, host, routingOf(host)));
      const outcomes = endings.flatMap(ending => outcomesOf([ending]));
      const sent = { datagram: { ...packet, protocol: 'tcp' as const, sourcePort: 0, port: 0 }, link: null, mark: 0 };
      expect(outcomes.filter(outcome => agrees(generated, outcome, observed, sent))).not.toEqual([]);
      if (outcomes.length === 1) expect(differences(dumps, new Map(hit.map(rule => [rule, 1])), outcomes)).toEqual([]);
    }
  });
});
