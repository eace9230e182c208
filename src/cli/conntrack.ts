import { UsageError } from '../errors.ts';
import type { Call } from './command.ts';
import { type ConntrackWish, readWish, wholeNumber } from './conntrack/wish.ts';
import { answer } from './report.ts';

/** `conntrack TARGET`. Gives the exit code. */
export async function showConntrack(call: Call): Promise<number> {
  const { flags } = call;
  const ways = ['follow', 'delete', 'all'].filter(name => flags.on(name));
  if (ways.length > 1) throw new UsageError('flag-conflict', `--${ways[0]} and --${ways[1]} do not go together`);
  const top = wholeNumber(flags, 'top', 1_000_000) ?? 20;
  const read = await readWish(call);
  if (flags.on('dry-run')) return (await import('./dry-run.ts')).dryRun(call, source => read(source).request);
  if (flags.on('follow')) return (await import('./conntrack/follow.ts')).followConntrack(call, read);
  if (flags.on('delete')) return (await import('./conntrack/delete.ts')).deleteStale(call, read);
  if (flags.on('all')) return (await import('./conntrack/all.ts')).saveTables(call, read);
  const [app, { conntrackText }] = await Promise.all([import('../app/conntrack.ts'), import('../render/conntrack.ts')]);
  let wish: ConntrackWish | undefined;
  return answer(call, {
    request: source => {
      wish = read(source);
      return wish.request;
    },
    report: snapshot => app.conntrackReport(snapshot, { ...(wish as ConntrackWish), evidence: flags.on('evidence') }),
    text: (report, layout) => conntrackText(report, top, layout),
    name: report => report.target.name,
  });
}
