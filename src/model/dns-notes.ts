import { resolverWaitMs } from './dns-lookup.ts';
import type { DnsDirect, DnsLookup } from './dns-report.ts';
import type { DnsConfig, Note } from './report.ts';

/** What is asked for when no name is given. */
export const externalName = 'example.com';

interface Facts {
  pod: string;
  config: DnsConfig | null;
  lookups: readonly DnsLookup[];
  /** False when no name was given: then that the world outside cannot be resolved is no fault of the pod. */
  named: boolean;
  /** False when the pod's servers are others than the cluster's: then these need not know what its DNS pods know. */
  clusterDns: boolean;
}

/** What made look-ups slow or wrong, in words, the gravest first. */
export function dnsNotes({ pod, config, lookups: all, named, clusterDns }: Facts): Note[] {
  const lookups = all.map(lookup => ({
    ...lookup,
    direct: lookup.direct.filter(({ role }) => clusterDns || role !== 'dns-pod'),
  }));
  const warn = (code: string, text: string): Note => ({ code, severity: 'warning', text });
  const info = (code: string, text: string): Note => ({ code, severity: 'info', text });
  const servers = serversOf(lookups);
  const silent = servers.filter(({ udp }) => udp === 'silent' || udp === 'refused');
  const wellPods = servers.filter(({ role, udp }) => role === 'dns-pod' && udp === 'well');
  return [
    ...(config !== null && config.nameservers.length === 0
      ? [warn('dns-no-nameserver', 'resolv.conf names no server: a resolver asks 127.0.0.1')]
      : []),
    ...(config !== null && config.nameservers.length > 3
      ? [
          warn(
            'dns-many-nameservers',
            `resolv.conf names ${config.nameservers.length} servers: only the first three are asked`,
          ),
        ]
      : []),
    ...silent.map(({ server, name, role, udp }) => {
      const who = `${server}${name === null ? '' : ` (${name})`}`;
      const how = udp === 'refused' ? 'refuses (nobody listens on UDP port 53 there)' : 'does not reply over UDP';
      if (role === 'dns-pod')
        return warn(
          'dns-pod-silent',
          `DNS pod ${who} ${how}: look-ups that its service sends there wait ${resolverWaitMs / 1000} s or fail`,
        );
      if (wellPods.length > 0 && name !== null)
        return warn(
          'dns-path-broken',
          `${who} ${how}, but ${[...new Set(wellPods.map(one => one.name ?? one.server))].join(', ')} does directly: the way through the service's rules is broken: kubectl netinspect trace ${pod} ${server.includes(':') ? `[${server}]` : server}:53/udp`,
        );
      return warn(
        'dns-server-silent',
        `${who} ${how}: kubectl netinspect trace ${pod} ${server.includes(':') ? `[${server}]` : server}:53/udp`,
      );
    }),
    ...servers.flatMap(({ server, name, udp, tcp }) =>
      udp === 'well' && (tcp === 'silent' || tcp === 'refused')
        ? [
            warn(
              'dns-tcp',
              `${name ?? server} answers over UDP and not over TCP: replies that do not fit into a datagram are lost`,
            ),
          ]
        : [],
    ),
    ...lookups.flatMap(lookup => notesOfName(lookup, named, warn, info)),
  ];
}

function notesOfName(
  lookup: DnsLookup,
  named: boolean,
  warn: (code: string, text: string) => Note,
  info: (code: string, text: string) => Note,
): Note[] {
  const { name, outcome, tried, milliseconds, direct } = lookup;
  const say = !named && name === externalName ? info : warn;
  const nxdomain = tried.flatMap(({ replies }) => replies).filter(({ status }) => status === 'NXDOMAIN').length;
  const answers = new Set(
    direct
      .filter(({ transport, reply }) => transport === 'udp' && reply.status !== null)
      .map(({ reply }) => (reply.status === 'NOERROR' && reply.answers.length === 0 ? 'no data' : reply.status)),
  );
  return [
    ...(outcome === 'no-such-name'
      ? [say('dns-no-such-name', `${name}: no server knows this name in any domain of the search list`)]
      : []),
    ...(outcome === 'no-data' ? [say('dns-no-data', `${name} exists, but has no address`)] : []),
    ...(outcome === 'failed' ? [say('dns-failed', failureWords(lookup))] : []),
    ...(outcome === 'no-reply' ? [say('dns-no-reply', `${name}: no server replied`)] : []),
    ...(outcome === 'answered' && milliseconds >= 1000
      ? [warn('dns-slow', `${name}: a look-up takes ${(milliseconds / 1000).toFixed(1)} s`)]
      : []),
    ...(outcome === 'answered' && nxdomain >= 4
      ? [
          info(
            'dns-search',
            `${name}: each look-up first asks ${nxdomain} queries in vain, for domains of the search list (NXDOMAIN): a dot at the end of the name, or fewer ndots, saves them`,
          ),
        ]
      : []),
    ...(answers.size > 1
      ? [
          warn(
            'dns-servers-differ',
            `${name}: the servers do not agree: ${direct
              .filter(({ transport }) => transport === 'udp')
              .map(({ server, serverName, reply }) => `${serverName ?? server} ${reply.status ?? reply.problem}`)
              .join(', ')}`,
          ),
        ]
      : []),
    ...(direct.some(({ transport, reply }) => transport === 'udp' && reply.truncated)
      ? [
          info(
            'dns-truncated',
            `${name}: the reply does not fit into a datagram of 512 bytes, and is asked for again over TCP`,
          ),
        ]
      : []),
  ];
}

/** Often just the name itself fails: then the servers cannot ask the world outside. */
function failureWords({ name, tried }: DnsLookup): string {
  const itself = `${name.replace(/\.$/, '')}.`;
  const statuses = (of: readonly DnsLookup['tried'][number][]) =>
    [...new Set(of.flatMap(({ replies }) => replies.map(({ status, problem }) => status ?? problem ?? '?')))].join(
      ', ',
    );
  const outside = tried.filter(step => step.name === itself);
  const inside = tried.filter(step => step.name !== itself);
  if (outside.length > 0 && inside.length > 0 && statuses(inside) === 'NXDOMAIN')
    return `${name} is in no domain of the search list, and for ${itself} the servers say ${statuses(outside)}: they cannot ask the world outside, or its servers fail`;
  return `${name}: the servers fail (${statuses(tried)})`;
}

type Health = 'well' | 'silent' | 'refused' | 'not asked';

interface Server {
  server: string;
  name: string | null;
  role: DnsDirect['role'];
  udp: Health;
  tcp: Health;
}

/** How each server did over all names: one reply shows that it is there. */
function serversOf(lookups: readonly DnsLookup[]): Server[] {
  const groups = Map.groupBy(
    lookups.flatMap(({ direct }) => direct),
    ({ server, role }) => `${server} ${role}`,
  );
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    if (first === undefined) return [];
    const health = (transport: 'udp' | 'tcp'): Health => {
      const own = group.filter(one => one.transport === transport);
      if (own.length === 0) return 'not asked';
      if (own.some(({ reply }) => reply.status !== null)) return 'well';
      return own.some(({ reply }) => reply.problem === 'connection refused') ? 'refused' : 'silent';
    };
    return [{ server: first.server, name: first.serverName, role: first.role, udp: health('udp'), tcp: health('tcp') }];
  });
}
