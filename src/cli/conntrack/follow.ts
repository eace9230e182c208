import { once } from 'node:events';
import { exitCodes, UsageError } from '../../errors.ts';
import type { ConntrackEvent } from '../../model/conntrack-report.ts';
import { visible } from '../../render/visible.ts';
import type { Call } from '../command.ts';
import { durationOf } from '../options.ts';
import { withTables } from './nodes.ts';
import type { ConntrackWish, Namer } from './wish.ts';

/** `conntrack TARGET --follow`: a line for each event, until Ctrl-C or --duration. Gives 0, or 4 when a stream broke off. */
export async function followConntrack(call: Call, read: (source: Namer) => ConntrackWish): Promise<number> {
  const { flags, terminal } = call;
  const output = flags.get('output') ?? 'text';
  if (output === 'yaml') throw new UsageError('flag-conflict', '--follow prints text or JSON Lines', 'give -o json');
  const seconds = Math.ceil((durationOf(flags, 'duration') ?? 0) / 1000);
  return withTables(call, read, async ({ wish, snapshot, report, remote, progress }) => {
    const [{ followTable, viewOf }, { eventLine }] = await Promise.all([
      import('../../app/conntrack-live.ts'),
      import('../../render/conntrack-event.ts'),
    ]);
    const view = viewOf(snapshot, wish.target, wish.filter);
    const nodes = await Promise.all(
      report.nodes.map(({ node }) => remote.node(node, `conntrack ${report.target.name}`)),
    );
    progress.stop();
    const names = nodes.map(({ name }) => name).join(', ');
    terminal.warn(visible(`following ${report.target.kind} ${report.target.name} on ${names}; Ctrl-C ends it`));
    const event = async (one: ConntrackEvent) => {
      const line = output === 'json' ? JSON.stringify(one) : eventLine(one, nodes.length > 1);
      if (!terminal.stdout.write(`${line}\n`)) await once(terminal.stdout, 'drain', { signal: terminal.signal });
    };
    const done = await Promise.all(
      nodes.map(node => followTable(node, view, { seconds, signal: terminal.signal, event })),
    );
    const all = done.reduce((sum, { events }) => sum + events, 0);
    terminal.warn(`${all} events`);
    done.forEach(({ problem }, at) => {
      if (problem !== null) terminal.warn(visible(`warning: ${nodes[at]?.name}: ${problem}`));
    });
    return done.some(({ problem }) => problem !== null) ? exitCodes.incomplete : exitCodes.ok;
  });
}
