import type { Host } from '../../src/analyse/trace/host.ts';
import { outcomesOf } from '../../src/analyse/trace/outcomes.ts';
import { startOf } from '../../src/analyse/trace/packet.ts';
import { routingOf, traceHost } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import type { Outcome, PacketInput } from '../../src/model/trace.ts';
import { agrees, packetInput } from './agree.ts';
import { type CounterDifference, compareCounters } from './counters.ts';
import { dumpConnections, dumpRules, type RuleFile } from './dump.ts';
import { groupMac } from './frame.ts';
import type { Shot } from './generate/packets.ts';
import type { Program } from './generate/rule-lines.ts';
import { install } from './install.ts';
import { type Observation, observe } from './observe.ts';
import type { Testbed } from './testbed.ts';

/** A packet about which the kernel and the trace do not agree. */
export interface Disagreement {
  what: 'outcome' | 'answer' | 'counters' | 'error' | 'lost lines';
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
  /** Answers to them that were sent and compared. */
  answers: number;
  /** Those whose counters were compared. */
  counted: number;
  refused: string[];
  /** Rules that are not modelled as a whole. */
  opaque: number;
  files: RuleFile[];
  disagreements: { shot: Shot | null; found: Disagreement }[];
}

const answersPerSet = 30;

/** Outcomes branch by branch: those that `tracePacket` merges may leave by different devices, through different rules. */
function branches(host: Host, packet: PacketInput): Outcome[] {
  return traceHost(host, startOf(packet, host, routingOf(host))).flatMap(ending => outcomesOf([ending], {}));
}

/** Multicast or broadcast: nobody answers with it as source. */
const isGroup = (address: string): boolean => groupMac(address) !== null || address.endsWith('.255');

/** What the receiver of a packet would send back; null for what has no answer that conntrack knows. */
function answerTo({ datagram }: Shot, observed: Observation): Shot | null {
  if (
    (observed.kind !== 'out' && observed.kind !== 'local') ||
    isGroup(datagram.destination) ||
    isGroup(observed.destination)
  )
    return null;
  const { protocol } = datagram;
  const icmpType = protocol === 'icmp' ? 0 : protocol === 'icmpv6' ? 129 : undefined;
  // The observer takes echo replies of the host itself.
  if (
    datagram.icmpType !== undefined ||
    protocol === 'sctp' ||
    protocol === 'esp' ||
    (observed.kind === 'local' && icmpType !== undefined)
  )
    return null;
  return {
    datagram: {
      source: observed.destination,
      destination: observed.source,
      protocol,
      sourcePort: icmpType === undefined ? observed.port : observed.sourcePort,
      port: observed.sourcePort,
      icmpType,
      answers: observed.sequence ?? undefined,
    },
    link: observed.link,
    mark: 0,
  };
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
    answers: 0,
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
  const answers: Shot[] = [];
  const asked = shots.map(shot => ({ shot, outcomes: ask(shot) }));
  function ask(shot: Shot): Outcome[] | string {
    try {
      return branches(host, packetInput(shot));
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
  await sendAnswers(answers.slice(0, answersPerSet));
  return judgement;

  async function sendAnswers(sent: readonly Shot[]): Promise<void> {
    const connections = await dumpConnections(testbed);
    const { host: later } = loadRuleFiles([...files, ...connections], { local: [] });
    const traced = sent
      .map(shot => ({ shot, outcomes: branches(later, packetInput(shot)) }))
      // Without an entry it is no answer: it was not tracked, or the entry is gone.
      .filter(({ outcomes }) => outcomes.every(({ steps }) => steps.some(({ hook }) => hook === 'conntrack')));
    const arrivals = await testbed.run(traced.map(({ shot }) => testbed.sending(shot.datagram, shot.link)));
    judgement.answers = traced.length;
    for (const [index, { shot, outcomes }] of traced.entries()) {
      const observed = observe(testbed.topology, shot, arrivals[index] ?? []);
      if (outcomes.some(outcome => agrees(testbed.topology, outcome, observed, shot))) continue;
      const message = connections.map(({ text }) => text).join('');
      complain(shot, { what: 'answer', observed, predicted: outcomes, message });
    }
  }

  async function send(batch: typeof asked): Promise<void> {
    const arrivals = await testbed.run(batch.map(({ shot }) => testbed.sending(shot.datagram, shot.link, shot.mark)));
    for (const [index, { shot, outcomes }] of batch.entries()) {
      judgement.packets += 1;
      if (typeof outcomes === 'string') {
        complain(shot, { what: 'error', message: outcomes });
        continue;
      }
      const observed = observe(testbed.topology, shot, arrivals[index] ?? []);
      const answer = answerTo(shot, observed);
      if (answer !== null) answers.push(answer);
      if (outcomes.some(({ verdict }) => verdict === 'unknown')) judgement.unknown += 1;
      if (outcomes.length > 1) judgement.several += 1;
      if (!outcomes.some(outcome => agrees(testbed.topology, outcome, observed, shot))) {
        complain(shot, { what: 'outcome', observed, predicted: outcomes });
      }
    }
  }
}
