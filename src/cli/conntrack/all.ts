import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createGzip } from 'node:zlib';
import { exitCodes, UsageError } from '../../errors.ts';
import { visible } from '../../render/visible.ts';
import type { Call } from '../command.ts';
import { withTables } from './nodes.ts';
import type { ConntrackWish, Namer } from './wish.ts';

/** Until the whole table has come. */
const seconds = 300;

/** `conntrack node/NAME --all --to FILE`: the whole table, as the tool prints it. Gives 0, or 4 when it is not whole. */
export async function saveTables(call: Call, read: (source: Namer) => ConntrackWish): Promise<number> {
  const { flags, terminal } = call;
  const file = flags.get('to');
  if (file === undefined)
    throw new UsageError('missing-flag-value', '--all needs --to FILE', 'a table may be hundreds of megabytes');
  return withTables(call, read, async ({ report, remote, progress }) => {
    const [only, ...others] = report.nodes;
    if (only === undefined || others.length > 0 || report.target.kind !== 'node')
      throw new UsageError('bad-target', '--all is the whole table of one node', 'name it: node/NAME');
    const { copyTable } = await import('../../app/conntrack-live.ts');
    const out = createWriteStream(file, { mode: 0o600 });
    try {
      await once(out, 'open');
    } catch (error) {
      throw new UsageError('file-unwritable', `${file} cannot be written: ${(error as Error).message}`);
    }
    const zipped = file.endsWith('.gz') ? createGzip() : undefined;
    zipped?.pipe(out);
    const into = zipped ?? out;
    const node = await remote.node(only.node, `node ${only.node}`);
    progress.step(`reading ${only.table?.count ?? 'all'} entries on ${only.node}`);
    const { bytes, problem } = await copyTable(node, into, { seconds, signal: terminal.signal });
    into.end();
    await once(out, 'close');
    progress.stop();
    terminal.warn(visible(`${file}: ${(bytes / 1e6).toFixed(1)} MB of ${only.node}`));
    if (problem !== null) terminal.warn(visible(`warning: it is not whole: ${problem}`));
    return problem === null ? exitCodes.ok : exitCodes.incomplete;
  });
}
