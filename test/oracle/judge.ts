import { tracePacket } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import type { Outcome, PacketInput } from '../../src/model/trace.ts';
import { agrees, packetInput } from './agree.ts';
import { type CounterDifference, compareCounters } from './counters.ts';
import { dumpRules, type RuleFile } from './dump.ts';
import type { Shot } from './generate/packets.ts';
import type { Program } from './generate/rule-lines.ts';
import { install } from './install.ts';
import { type Observation, observe } from './observe.ts';
import type { Testbed } from './testbed.ts';

/** A packet about which the kernel and the trace do not agree. */
export interface Disagreement {
  what: 'outcome' | 'counters' | 'error' | 'lost lines';
  packet: PacketInput | null;
  observed: Observation | null;
  predicted: Outcome[];
  counters: CounterDifference[];
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

/** Loads the programs, asks the trace, sends the packets, and compares; counters where no rule has a chance in it (`countable`). */
export async function judge(
  testbed: Testbed,
  programs: readonly Program[],
  shots: readonly Shot[],
  countable: boolean,
): Promise<Judgement> {
  const { files, refused } = await install(testbed, programs);
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
  await send(certain);
  const sure = certain.flatMap(({ outcomes }) => (typeof outcomes === 'string' ? [] : outcomes));
  if (countable && sure.every(({ verdict }) => verdict !== 'unknown')) {
    judgement.counted = certain.length;
    const counters = compareCounters(files, await dumpRules(testbed, programs), sure);
    if (counters.length > 0) complain(null, { what: 'counters', counters });
  }
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
}
