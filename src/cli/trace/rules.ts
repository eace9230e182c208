import type { RuleHost } from '../../app/trace-rules.ts';
import { exitCodes, UsageError } from '../../errors.ts';
import { visible } from '../../render/visible.ts';
import type { Call } from '../command.ts';
import { readDestination, readEnd } from './ends.ts';
import { packetWishes } from './packet-flags.ts';
import { printTrace, traceExitCode } from './report.ts';

const ofClusters = ['from', 'all-nodes', 'save', 'keep', 'dry-run', 'context', 'namespace', 'kubeconfig'];

/** `trace --rules FILE…`: one packet, or with --packets many; no cluster. Gives the exit code. */
export async function traceRules(call: Call): Promise<number> {
  const { args, flags, terminal } = call;
  const useless = ofClusters.find(name => flags.given(name));
  if (useless !== undefined)
    throw new UsageError('flag-conflict', `--${useless} has no meaning with --rules`, 'leave out one of them');
  const packets = flags.get('packets');
  const files = flags.all('rules');
  if (packets === '-' && files.includes('-'))
    throw new UsageError('flag-conflict', '--packets and --rules both read stdin', 'give a file for one of them');
  if (packets !== undefined) refuseBesidePackets(call);
  else if (args.length < 2)
    throw new UsageError(
      'missing-name',
      'a source and a destination are needed',
      'for instance: trace 10.0.1.2 10.96.0.1:443 --rules FILE',
    );
  const app = await import('../../app/trace-rules.ts');
  const local = flags.all('local').flatMap(list => list.split(',').map(text => text.trim()));
  const host = await app.readRuleHost(files, local);
  for (const text of [...host.notes, ...host.problems]) terminal.warn(`warning: ${visible(text)}`);
  const whole = host.problems.length === 0 ? exitCodes.ok : exitCodes.incomplete;
  if (packets !== undefined) return Math.max(whole, await answerPackets(call, host, packets));

  const [source = '', destination = ''] = args;
  const report = app.ruleTrace(host, {
    source: readEnd(source, undefined),
    destination: readDestination(destination, undefined),
    wishes: packetWishes(flags),
    reply: flags.on('reply'),
    evidence: flags.on('evidence'),
  });
  await printTrace(call, report);
  return traceExitCode(report) || whole;
}

const ofOnePacket = ['protocol', 'source-port', 'in', 'out', 'mark', 'ct-state', 'reply'];

function refuseBesidePackets({ args, flags }: Call): void {
  const useless = ofOnePacket.find(name => flags.given(name));
  if (args.length > 0 || useless !== undefined)
    throw new UsageError(
      'flag-conflict',
      `${useless === undefined ? JSON.stringify(args[0]) : `--${useless}`} has no meaning with --packets`,
      'each line of the file says it for its packet',
    );
  const output = flags.get('output') ?? 'text';
  if (output !== 'text' && output !== 'json')
    throw new UsageError('bad-flag-value', `--packets has no output ${output}`, 'allowed: text, json');
}

/** So many characters are handed over at a time. */
const pieceSize = 1 << 16;

/** Prints the answer to each packet as it comes. Gives 4 when a line could not be read, else 0. */
async function answerPackets({ flags, terminal }: Call, { host }: RuleHost, file: string): Promise<number> {
  const [{ tracePackets }, render] = await Promise.all([
    import('../../app/trace-packets.ts'),
    import('../../render/packet-trace.ts'),
  ]);
  const line = flags.get('output') === 'json' ? render.packetTraceJson : render.packetTraceText;
  let code: number = exitCodes.ok;
  for await (const batch of tracePackets(host, file, flags.on('evidence'), terminal.signal)) {
    let text = '';
    for (const answer of batch) {
      if ('error' in answer) code = exitCodes.incomplete;
      text += line(answer);
      if (text.length < pieceSize) continue;
      await terminal.print(text);
      text = '';
      terminal.signal.throwIfAborted();
    }
    if (text !== '') await terminal.print(text);
  }
  return code;
}
