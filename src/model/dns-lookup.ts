import type { DigRecord } from '../parse/dig.ts';
import type { HostsRecord } from '../parse/hosts.ts';
import type { DnsDirect, DnsLookup, DnsReply, DnsTry } from './dns-report.ts';
import { cite, type Section } from './section.ts';

/** How long a resolver waits for a silent server before it asks the next one (resolv.conf(5), timeout). */
export const resolverWaitMs = 5000;

/** In the order that a reader wants them. */
const roles = ['configured', 'node-cache', 'dns-pod'] as const;

/** What became of one name. `serverName` names a server's address. */
export function lookupOf(
  name: string,
  digs: Section<DigRecord>,
  hosts: Section<HostsRecord>,
  serverName: (address: string) => string | null,
): DnsLookup {
  const own = digs.records.filter(dig => dig.name === name);
  const inHosts = hosts.records.filter(({ names }) => names.includes(name));
  const asked = inHosts.length > 0 ? [] : own.filter(({ role }) => role === 'resolver');
  const tried = triesOf(asked, digs);
  const queries = tried.flatMap(({ replies }) => replies);
  const answering = tried.find(({ replies }) => replies.some(({ answers }) => answers.length > 0));
  const waits = tried.map(({ replies }) =>
    Math.max(...replies.map(({ status, problem, milliseconds }) => waitOf(status, problem, milliseconds))),
  );
  return {
    name,
    outcome: inHosts.length > 0 ? 'hosts' : answering !== undefined ? 'answered' : failureOf(tried),
    answer:
      inHosts.length > 0
        ? { name, addresses: inHosts.map(({ address }) => address) }
        : answering === undefined
          ? null
          : { name: answering.name, addresses: answering.replies.flatMap(addressesOf) },
    tried,
    milliseconds: Math.round(waits.reduce((sum, ms) => sum + ms, 0) * 1000) / 1000,
    wasted: queries.filter(({ answers }) => answers.length === 0).length - besideAnswer(answering),
    direct: own
      .flatMap((dig): DnsDirect[] => {
        const { transport, server } = dig;
        const role = roles.find(one => one === dig.role);
        if (role === undefined) return [];
        const protocol = transport === 'tcp' ? 'tcp' : 'udp';
        return [{ server, serverName: serverName(server), role, transport: protocol, reply: replyOf(dig, digs) }];
      })
      .sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role)),
  };
}

/** An AAAA query without an address beside an A query with one is no waste. */
function besideAnswer(answering: DnsTry | undefined): number {
  return answering?.replies.filter(({ answers }) => answers.length === 0).length ?? 0;
}

function triesOf(digs: readonly DigRecord[], section: Section<DigRecord>): DnsTry[] {
  const steps = Map.groupBy(digs, ({ candidate, server }) => `${candidate} ${server}`);
  return [...steps.values()].flatMap(step => {
    const [first] = step;
    if (first === undefined) return [];
    return [{ name: first.candidate, server: first.server, replies: step.map(dig => replyOf(dig, section)) }];
  });
}

function replyOf(dig: DigRecord, section: Section<DigRecord>): DnsReply {
  const { type, status, problem, answers, truncated, ms, size } = dig;
  return { type, status, problem, answers, truncated, milliseconds: ms, size, evidence: cite(section, dig) };
}

function addressesOf({ answers }: DnsReply): string[] {
  return answers.flatMap(({ type, data }) => (type === 'A' || type === 'AAAA' ? [data] : []));
}

/** A refusal comes back at once; silence lasts until the resolver gives up. */
function waitOf(status: string | null, problem: string | null, ms: number | null): number {
  if (status !== null) return ms ?? 0;
  return problem === 'timed out' ? resolverWaitMs : 0;
}

/** As glibc's res_search tells: a name that exists without an address before a failure before one that does not exist. */
function failureOf(tried: readonly DnsTry[]): DnsLookup['outcome'] {
  const statuses = tried.flatMap(({ replies }) => replies.map(({ status }) => status));
  if (statuses.every(status => status === null)) return 'no-reply';
  if (statuses.includes('NOERROR')) return 'no-data';
  return statuses.every(status => status === 'NXDOMAIN') ? 'no-such-name' : 'failed';
}
