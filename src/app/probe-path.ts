import { ClusterError } from '../errors.ts';
import type { AddressNames } from '../model/address-names.ts';
import type { PathMtu, ProbedHop } from '../model/probe-report.ts';
import type { Family } from '../model/report.ts';
import { parsePathMtu } from '../parse/path-mtu.ts';
import type { ProbeKind } from '../parse/probe-output.ts';
import { parseTraceroute } from '../parse/traceroute.ts';
import type { RemotePlace } from './remote-target.ts';

const mostHops = 20;
const hopSeconds = 1;

/** Bytes of an IP header and an ICMP echo's. */
const overhead: Record<Family, number> = { IPv4: 28, IPv6: 48 };
/** What every path has to carry (RFC 791 with RFC 1122's hosts; RFC 8200). */
const least: Record<Family, number> = { IPv4: 576, IPv6: 1280 };

function inNetns({ netns }: RemotePlace): { netns?: string } {
  return netns === undefined ? {} : { netns };
}

/** The hops to an address, each with who has it. Throws ClusterError when there is no traceroute. */
export async function hopsTo(
  place: RemotePlace,
  { family, address, port, kind }: { family: Family; address: string; port: number | null; kind: ProbeKind },
  nameOf: (address: string) => string | null,
): Promise<ProbedHop[]> {
  const way = kind === 'icmp' ? ['-I'] : kind === 'udp' ? ['-U', '-p', String(port)] : ['-T', '-p', String(port)];
  const { exitCode, stdout, stderr } = await place.node.run({
    argv: [
      ...[
        'traceroute',
        family === 'IPv4' ? '-4' : '-6',
        '-n',
        '-q',
        '1',
        '-w',
        String(hopSeconds),
        '-m',
        String(mostHops),
      ],
      ...way,
      address,
    ],
    deadlineSeconds: mostHops * hopSeconds + 10,
    ...inNetns(place),
  });
  if (exitCode !== 0)
    throw new ClusterError(
      'no-traceroute',
      `traceroute from ${place.target.title}: ${stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`}`,
      'name a debug image with the traceroute of Linux (not busybox) with --debug-image',
    );
  return parseTraceroute(stdout.toString()).map(hop => ({
    ...hop,
    name: hop.address === null ? null : nameOf(hop.address),
  }));
}

// Arguments: 4|6 ADDRESS OVERHEAD LEAST. The largest packet that is answered, by halving; each try on a line with what ping said.
const mtuScript = `family=$1 address=$2 overhead=$3 low=$4
device=$(ip "-$family" -o route get "$address" | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p')
high=$(ip -o link show dev "$device" | sed -n 's/.* mtu \\([0-9]*\\).*/\\1/p')
echo "device $device $high"
try() {
  said=$(ping "-$family" -n -c 1 -W 1 -M do -s $(($1 - overhead)) "$address" 2>&1)
  code=$?
  printf 'try %s %s %s\\n' "$1" $code "$(printf %s "$said" | tr '\\n' '\\t')"
  return $code
}
try "$low" || try "$low" || exit 0
try "$high" && exit 0
while [ $((high - low)) -gt 1 ]; do
  middle=$(((low + high) / 2))
  if try $middle; then low=$middle; else high=$middle; fi
done`;

/** The largest packet that comes through to an address without being cut, held against the interface's MTU. */
export async function mtuTo(
  place: RemotePlace,
  family: Family,
  address: string,
  names: AddressNames,
): Promise<PathMtu> {
  const { stdout } = await place.node.run({
    argv: [
      'sh',
      '-c',
      mtuScript,
      'netinspect',
      family === 'IPv4' ? '4' : '6',
      address,
      String(overhead[family]),
      String(least[family]),
    ],
    deadlineSeconds: 40,
    ...inNetns(place),
  });
  return { address, name: names.name(address), ...parsePathMtu(stdout.toString()) };
}
