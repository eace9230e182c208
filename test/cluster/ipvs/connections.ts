import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { familyOf, hostPort } from '../../../src/model/address.ts';
import type { TracePath } from '../../../src/model/trace-report.ts';
import { sourcePath } from '../paths.ts';
import { ipvsNode as node } from '../plan.ts';
import type { IpvsNode } from './ipvs-node.ts';

/** Where connections start: in the pod, on the node, or on this machine, which is no node. */
export type Client = 'pod' | 'node' | 'outside';

export interface Question {
  client: Client;
  address: string;
  port: number;
  connections: number;
}

/** What becomes of a question's connections, by the kernel or by a trace. */
export interface Fate {
  /** Connections by `ADDRESS:PORT NAME`: where they were sent, and who has that; a port where nobody listens has had them, too. */
  delivered: Record<string, number>;
  /** Connections that ICMP's port unreachable refused. */
  unreachable: number;
  /** Their source was rewritten. */
  masqueraded: boolean;
  /** The hooks that they passed on the node, with the destination that they were sent to, or another. */
  passes: string[];
}

interface Asked extends Question {
  /** Its source ports, by which rules and conntrack know its connections: this and the next ones. */
  low: number;
}

type Run = (argv: string[], input?: string) => Promise<string>;

const portsEach = 10;
const hooks = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
const commands = {
  IPv4: { restore: 'iptables-nft-restore', save: 'iptables-nft-save', family: 'ipv4' },
  IPv6: { restore: 'ip6tables-nft-restore', save: 'ip6tables-nft-save', family: 'ipv6' },
} as const;

/**
 * Makes the connections, in turn, and gives what became of each question's: by their answers, the node's conntrack, and counters in
 * its mangle table. `firstPort`: of source ports that no connection has had.
 */
export async function connect(ipvs: IpvsNode, questions: readonly Question[], firstPort: number): Promise<Fate[]> {
  const run: Run = async (argv, input = '') => {
    const { stdout, stderr, exitCode } = await ipvs.exec(argv, input);
    if (exitCode !== 0) throw new Error(`${argv[0]}: exit code ${exitCode}: ${stderr}`);
    return stdout;
  };
  const asked = questions.map((question, index) => ({ ...question, low: firstPort + index * portsEach }));
  await changeCounters(run, asked, '-A');
  const answers = await ask(run, asked);
  const [entries, counters] = [await sentTo(run), await readCounters(run)];
  await changeCounters(run, asked, '-D');
  return asked.map(question => {
    const fate: Fate = { delivered: {}, unreachable: 0, masqueraded: false, passes: [] };
    for (const port of sourcePorts(question)) {
      const { icmp = 0, answer = 'none' } = answers.get(port) ?? {};
      const entry = entries.get(`${port} ${question.port}`);
      if (answer === 'ECONNREFUSED' && icmp > 0) fate.unreachable++;
      else {
        const to = entry?.to ?? hostPort(question.address, question.port);
        const name = answer === 'ECONNREFUSED' ? node.name : answer;
        fate.delivered[`${to} ${name}`] = (fate.delivered[`${to} ${name}`] ?? 0) + 1;
        fate.masqueraded ||= entry?.masqueraded ?? false;
      }
    }
    for (const { name, match } of counterRules(question)) if (counters.has(match)) fate.passes.push(name);
    return fate;
  });
}

/** What a trace says of so many connections. */
export function fateOf({ outcomes }: TracePath, connections: number): Fate {
  const fate: Fate = { delivered: {}, unreachable: 0, masqueraded: false, passes: [] };
  const passes = new Set<string>();
  for (const { verdict, rejectWith, share, to, end, snat, hops } of outcomes) {
    const count = Math.round((share ?? Number.NaN) * connections * 1e6) / 1e6;
    if (verdict === 'accept') fate.delivered[`${to} ${end?.name.split('/').at(-1)}`] = count;
    else if (rejectWith?.endsWith('port-unreachable')) fate.unreachable += count;
    fate.masqueraded ||= snat !== null;
    let destination = 'asked';
    for (const { hook, effect } of hops.find(hop => hop.name === node.name)?.steps ?? []) {
      if (effect.kind === 'ipvs' && effect.to !== null) destination = 'other';
      if (hooks.includes(hook.toUpperCase())) passes.add(`${hook.toUpperCase()} ${destination}`);
    }
  }
  fate.passes = passNames.filter(name => passes.has(name));
  return fate;
}

const passNames = hooks.flatMap(hook => [`${hook} asked`, `${hook} other`]);

function sourcePorts({ low, connections }: Asked): number[] {
  return Array.from({ length: connections }, (_, index) => low + index);
}

/** A rule for each hook and each destination, the one asked for or any other. */
function counterRules({ address, low }: Asked): { name: string; match: string }[] {
  const length = familyOf(address) === 'IPv4' ? 32 : 128;
  return passNames.map(name => {
    const [hook, destination] = name.split(' ');
    const not = destination === 'asked' ? '' : '! ';
    const ports = `-p tcp -m tcp --sport ${low}:${low + portsEach - 1} --tcp-flags SYN,ACK SYN`;
    return { name, match: `${hook} ${not}-d ${address}/${length} ${ports}` };
  });
}

async function changeCounters(run: Run, asked: readonly Asked[], command: '-A' | '-D'): Promise<void> {
  for (const family of ['IPv4', 'IPv6'] as const) {
    const own = asked.filter(({ address }) => familyOf(address) === family).flatMap(counterRules);
    const lines = own.map(({ match }) => `${command} ${match}\n`);
    await run([commands[family].restore, '--noflush'], `*mangle\n${lines.join('')}COMMIT\n`);
  }
}

/** The rules that have seen a packet. */
async function readCounters(run: Run): Promise<Set<string>> {
  const printed = [
    await run([commands.IPv4.save, '-c', '-t', 'mangle']),
    await run([commands.IPv6.save, '-c', '-t', 'mangle']),
  ];
  const rules = printed.join('\n').matchAll(/^\[(\d+):\d+\] -A (.*)$/gm);
  return new Set([...rules].flatMap(([, packets, rule]) => (packets === '0' || rule === undefined ? [] : [rule])));
}

/** By source port: how many ICMP "destination unreachable" came, and the answer. */
async function ask(run: Run, asked: readonly Asked[]): Promise<Map<number, { icmp: number; answer: string }>> {
  const script = await readFile(sourcePath('ipvs', 'connect.pl'), 'utf8');
  const pid = { pod: (await run(['pgrep', '-x', 'web'])).trim(), node: '1', outside: 'self' };
  const lines = (isOutside: boolean) =>
    asked
      .filter(({ client }) => (client === 'outside') === isOutside)
      .flatMap(one => sourcePorts(one).map(from => `${pid[one.client]} ${from} ${one.address} ${one.port}\n`))
      .join('');
  const inside = await run(['perl', '-e', script], lines(false));
  const { stdout: outside } = await execa('perl', ['-e', script], { input: lines(true) });
  const read = `${inside}${outside}`.matchAll(/^(\d+) (\d+) (\S+)$/gm);
  return new Map([...read].map(([, port, icmp, answer = '']) => [Number(port), { icmp: Number(icmp), answer }]));
}

/** The node's conntrack, by the original source and destination port: where each connection is sent, and whether its source is rewritten. */
async function sentTo(run: Run): Promise<Map<string, { to: string; masqueraded: boolean }>> {
  const list = (family: string) => run(['conntrack', '-L', '-f', family, '-p', 'tcp']);
  const printed = [await list(commands.IPv4.family), await list(commands.IPv6.family)].join('\n');
  const tuple = 'src=(\\S+) dst=(\\S+) sport=(\\d+) dport=(\\d+) ';
  const entries = printed.matchAll(new RegExp(`${tuple}(?:\\[\\w+\\] )?${tuple}`, 'g'));
  return new Map(
    [...entries].map(([, source, , sourcePort, port, to = '', seen, toPort]) => [
      `${sourcePort} ${port}`,
      { to: hostPort(to, Number(toPort)), masqueraded: seen !== source },
    ]),
  );
}
