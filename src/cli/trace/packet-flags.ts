import { UsageError } from '../../errors.ts';
import type { FlagValues } from '../flag-values.ts';

/** The members of a packet that flags give; a text that is no number stays one, for its reader to refuse. */
export function packetFlags(flags: FlagValues): Record<string, unknown> {
  const port = flags.get('source-port');
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw new UsageError('bad-port', `--source-port is ${JSON.stringify(port)}`, 'give a number to 65535');
  const given = {
    sourcePort: port === undefined ? undefined : Number(port),
    in: flags.get('in'),
    out: flags.get('out'),
    mark: flags.get('mark'),
    ctState: flags.get('ct-state'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
