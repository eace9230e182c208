import { tracePacket } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import type { Outcome, PacketInput } from '../../src/model/trace.ts';
import { dumpNetwork, dumpRules, hits, type RuleFile } from './dump.ts';
import type { Shot } from './generate/packets.ts';
import type { Program } from './generate/rule-lines.ts';
import { agrees, named, packetInput } from './judge.ts';
import { load } from './load.ts';
import { type Observation, observe } from './observe.ts';
import { observer, type Testbed } from './testbed.ts';

/** A packet about which the kernel and the trace do not agree. */
export interface Disagreement {
  what: 'outcome' | 'counters' | 'error' | 'lost lines';
  packet: PacketInput | null;
  observed: Observation | null;
  predicted: Outcome[];
  /** Rules whose counters moved otherwise than predicted: `FILE:LINE` or `FILE#TABLE#HANDLE`, with both numbers. */
  counters: { rule: string; text: string; kernel: number; trace: number }[];
  message: string | null;
}

export interface Judgement {
  packets: number;
  /** With an outcome that is `unknown`. */
  unknown: number;
  /** With more than one outcome. */
  several: number;
  /** Those whose counters were compared. */
  counted: number;
  refused: string[];
  /** Rules that are not modelled as a whole. */
  opaque: number;
  files: RuleFile[];
  disagreements: { shot: Shot | null; found: Disagreement }[];
}

const emptyTables = ['raw', 'mangle', 'nat', 'filter', 'security'];
const hooks: Readonly<Record<string, string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Empty legacy tables: they cannot be deleted, but hold nothing. */
const empty = emptyTables
  .map(table => [`*${table}`, ...(hooks[table] ?? []).map(hook => `:${hook} ACCEPT`), 'COMMIT', ''].join('\n'))
  .join('');

async function clear(testbed: Testbed): Promise<void> {
  await testbed.agent.exec(['nft', '-f', '-'], `flush ruleset\n${observer}`);
  await testbed.agent.exec(['iptables-legacy-restore'], empty);
  await testbed.agent.exec(['ip6tables-legacy-restore'], empty);
  await testbed.agent.exec(['sh', '-c', 'ipset flush; ipset destroy; conntrack -F 2>/dev/null || true']);
}

/** Targets that change nothing that a trace tells, or not always (CONNMARK of a packet that conntrack has not seen). */
const doNothing = /-j (LOG|NFLOG|CLASSIFY|DSCP|TOS|TCPMSS|CONNMARK)\b/;

/** The rule behind a key of `hits`, as the dump has it. */
function textOf(files: readonly RuleFile[], key: string): string {
  const line = /^(.*):(\d+)$/.exec(key);
  if (line !== null) return files.find(({ name }) => name === line[1])?.text.split('\n')[Number(line[2]) - 1] ?? '';
  const [name, table, handle] = key.split('#');
  const text = files.find(file => file.name === name)?.text ?? '{"nftables":[]}';
  const rules = (JSON.parse(text) as { nftables: { rule?: { table: string; handle: number } }[] }).nftables;
  const found = rules.find(({ rule }) => rule && rule.table === table && `${rule.handle}` === handle);
  return JSON.stringify(found?.rule ?? null);
}

/** True for a rule that the steps of a trace name whenever it is hit: it does something that a trace tells. */
function isTold(text: string): boolean {
  if (text.startsWith('{')) return /"(accept|drop|return|jump|goto|reject|dnat|snat|masquerade|redirect)"/.test(text);
  return / -[jg] /.test(text) && !doNothing.test(text);
}

const networks = new WeakMap<Testbed, Promise<RuleFile[]>>();

function networkOf(testbed: Testbed): Promise<RuleFile[]> {
  const known = networks.get(testbed) ?? dumpNetwork(testbed);
  networks.set(testbed, known);
  return known;
}

/** Loads the programs, asks the trace, sends the packets, and compares; counters where no rule has a chance in it (`countable`). */
export async function judge(
  testbed: Testbed,
  programs: readonly Program[],
  shots: readonly Shot[],
  countable: boolean,
): Promise<Judgement> {
  await clear(testbed);
  const refused: string[] = [];
  for (const program of programs) refused.push(...(await load(testbed.agent, program)).refused);
  const files = [...(await networkOf(testbed)), ...(await dumpRules(testbed, programs))];
  const judgement: Judgement = {
    packets: 0,
    unknown: 0,
    several: 0,
    counted: 0,
    opaque: 0,
    refused,
    files,
    disagreements: [],
  };
  const complain = (shot: Shot | null, found: Partial<Disagreement> & Pick<Disagreement, 'what'>) =>
    judgement.disagreements.push({
      shot,
      found: {
        packet: shot && packetInput(shot),
        observed: null,
        predicted: [],
        counters: [],
        message: null,
        ...found,
      },
    });

  const { host, summary, unread } = loadRuleFiles(files, { local: [] });
  judgement.opaque = summary.opaque;
  if (summary.unread > 0) {
    complain(null, { what: 'lost lines', message: JSON.stringify(unread.slice(0, 20)) });
  }
  const asked = shots.map(shot => ({ shot, outcomes: ask(shot) }));
  function ask(shot: Shot): Outcome[] | string {
    try {
      return tracePacket(host, packetInput(shot));
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
  const certain = asked.filter(({ outcomes }) => outcomes.length === 1 && typeof outcomes !== 'string');
  const rest = asked.filter(one => !certain.includes(one));
  const before = hits(files);
  await send(certain);
  const after = hits(await dumpRules(testbed, programs));
  const known = certain.filter(({ outcomes }) => typeof outcomes !== 'string' && outcomes[0]?.verdict !== 'unknown');
  if (countable && known.length === certain.length) compareCounters();
  await send(rest);
  return judgement;

  async function send(batch: typeof asked): Promise<void> {
    const arrivals = await testbed.run(batch.map(({ shot }) => testbed.sending(shot.datagram, shot.link, shot.mark)));
    for (const [index, { shot, outcomes }] of batch.entries()) {
      judgement.packets += 1;
      if (typeof outcomes === 'string') {
        complain(shot, { what: 'error', message: outcomes });
        continue;
      }
      const observed = observe(testbed.topology, shot, arrivals[index] ?? []);
      if (outcomes.some(({ verdict }) => verdict === 'unknown')) judgement.unknown += 1;
      if (outcomes.length > 1) judgement.several += 1;
      if (!outcomes.some(outcome => agrees(testbed.topology, outcome, observed, shot))) {
        complain(shot, { what: 'outcome', observed, predicted: outcomes });
      }
    }
  }

  function compareCounters(): void {
    judgement.counted += certain.length;
    const predicted = new Map<string, number>();
    for (const { outcomes } of certain) {
      for (const key of typeof outcomes === 'string' || outcomes[0] === undefined ? [] : named(outcomes[0])) {
        predicted.set(key, (predicted.get(key) ?? 0) + 1);
      }
    }
    const counters = [...after].flatMap(([rule, count]) => {
      const kernel = count - (before.get(rule) ?? 0);
      const trace = predicted.get(rule) ?? 0;
      if (kernel === trace) return [];
      const text = textOf(files, rule);
      return doNothing.test(text) || (trace === 0 && !isTold(text)) ? [] : [{ rule, text, kernel, trace }];
    });
    if (counters.length > 0) complain(null, { what: 'counters', counters });
  }
}
