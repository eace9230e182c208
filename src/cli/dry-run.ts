import type { Opened } from '../app/open.ts';
import type { CollectRequest } from '../collect/source.ts';
import { exitCodes, UsageError } from '../errors.ts';
import type { Call } from './command.ts';
import { connectionOptions, debugOptions } from './options.ts';
import { format } from './output.ts';
import { withSource } from './source.ts';

/** Prints what a run would create, request and start (--dry-run). Gives 3 when the server would refuse a debug pod. */
export async function dryRun(call: Call, request: (source: Opened) => CollectRequest): Promise<number> {
  const { flags, terminal } = call;
  const via = flags.get('via') ?? 'debug';
  if (via !== 'debug')
    throw new UsageError(
      'flag-conflict',
      `--dry-run shows what a debug pod would do, not --via ${via}`,
      'leave out one of them',
    );
  return withSource(call, async (source, progress) => {
    const [{ plan }, { planText }] = await Promise.all([import('../app/plan.ts'), import('../render/plan.ts')]);
    const report = await plan(connectionOptions(flags), debugOptions(flags), request(source));
    progress.stop();
    const output = flags.get('output') ?? 'text';
    await terminal.print(await format(report, output, layout => planText(report, layout), terminal));
    return report.pods.some(pod => pod.admitted === false) ? exitCodes.cluster : exitCodes.ok;
  });
}
