import type { PacketWishes } from '../../app/trace-packet.ts';
import { UsageError } from '../../errors.ts';

/** What flags say of the packet. Throws UsageError for a source port that is no number. */
export function packetWishes(flags: { get(name: string): string | undefined }): PacketWishes {
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
  return {
    protocol: flags.get('protocol') ?? null,
    members: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}
