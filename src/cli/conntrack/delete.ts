import { exitCodes, UsageError } from '../../errors.ts';
import type { ConntrackDeleteReport } from '../../model/conntrack-report.ts';
import { visible } from '../../render/visible.ts';
import type { Call } from '../command.ts';
import { confirmed, mayChange } from '../confirm.ts';
import { format } from '../output.ts';
import { withTables } from './nodes.ts';
import type { ConntrackWish, Namer } from './wish.ts';

/** `conntrack svc/NAME --delete`: deletes its stale entries, asked first. Gives 0, or 3 when one could not be deleted. */
export async function deleteStale(call: Call, read: (source: Namer) => ConntrackWish): Promise<number> {
  const { flags, terminal } = call;
  mayChange(call, 'delete connection entries');
  return withTables(call, read, async ({ report, remote, progress }) => {
    const { target, time, nodes } = report;
    if (target.kind !== 'service')
      throw new UsageError('bad-target', '--delete works on one service', 'name it: svc/NAME');
    const [{ deleteEntry }, { deletedText, staleText }] = await Promise.all([
      import('../../app/conntrack-live.ts'),
      import('../../render/conntrack-delete.ts'),
    ]);
    const stale = nodes.flatMap(({ node, entries }) =>
      (entries ?? []).flatMap(entry => (entry.stale === true ? [{ node, entry }] : [])),
    );
    progress.stop();
    const done: ConntrackDeleteReport = {
      apiVersion: 'netinspect/v1',
      kind: 'ConntrackDeleteReport',
      time,
      service: target.name,
      entries: [],
    };
    if (stale.length > 0) {
      terminal.warn(staleText(stale));
      await confirmed(call, `delete ${stale.length === 1 ? 'this entry' : `these ${stale.length} entries`}`);
      for (const { node, entry } of stale) {
        const problem = await deleteEntry(await remote.node(node, `service ${target.name}`), entry);
        done.entries.push({ node, entry, problem });
      }
    }
    const output = flags.get('output') ?? 'text';
    await terminal.print(await format(done, output, () => deletedText(done), terminal));
    const failed = done.entries.filter(({ problem }) => problem !== null);
    for (const { node, problem } of failed) terminal.warn(visible(`warning: on ${node}: ${problem}`));
    return failed.length > 0 ? exitCodes.cluster : exitCodes.ok;
  });
}
