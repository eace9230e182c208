import Fraction from 'fraction.js';
import type { RealServer, VirtualServer } from '../../model/rules.ts';
import type { End } from './chain.ts';
import type { Context } from './context.ts';
import { formatDestination } from './format.ts';
import { taking, times } from './share.ts';
import { note, type State, type Where } from './state.ts';

const protocols = { tcp: 6n, udp: 17n, sctp: 132n } as const;

/** The virtual server that a packet is for: by firewall mark, by address and port, by address alone (ip_vs_ctl.c ip_vs_service_find). */
function serverOf(servers: readonly VirtualServer[], { family, numbers }: State): VirtualServer | null {
  const { mark, l4proto, daddr, dport } = numbers;
  // Other protocols pass it by (ip_vs_core.c ip_vs_in_hook: ip_vs_proto_data_get).
  if (!Object.values(protocols).some(known => known === l4proto)) return null;
  const own = servers.filter(server => server.family === family);
  const sought = (port: bigint) =>
    own.find(
      server =>
        server.protocol !== null &&
        protocols[server.protocol] === l4proto &&
        server.address === daddr &&
        BigInt(server.port) === port,
    );
  return (
    own.find(server => server.fwmark !== null && mark !== 0n && BigInt(server.fwmark) === mark) ??
    (typeof dport === 'bigint' ? sought(dport) : undefined) ??
    sought(0n) ??
    null
  );
}

/** Where IPVS sends a packet; null when it is not for it. `ipvs` ends go out by LOCAL_OUT when the real server is elsewhere. */
export function balance(context: Context, state: State): End[] | null {
  const servers = context.host.rules.ipvs;
  if (servers === null || state.ipvs !== null || state.tracking === 'established') return null;
  const server = serverOf(servers, state);
  if (server === null) return null;
  state.ipvs = server;
  const live = server.realServers.filter(({ weight }) => weight !== 0);
  if (live.length === 0) {
    state.rejectWith = state.family === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
    step(state, server, null);
    return [{ state, how: 'reject' }];
  }
  if (server.persistence !== null) state.assume('a client not seen before');
  return ways(context, state, server, live).map(({ way, real }) => {
    const { numbers } = way;
    const before = `${numbers.daddr} ${numbers.dport}`;
    if (real.forwarding === null || real.forwarding === 'masquerade' || real.forwarding === 'local') {
      numbers.daddr = real.address;
      if (numbers.dport !== null && real.port !== 0) numbers.dport = BigInt(real.port);
      way.dnat ||= `${numbers.daddr} ${numbers.dport}` !== before;
      numbers.ctReplySaddr = numbers.daddr;
      numbers.ctReplySport = numbers.dport;
    } else way.assume(`forwarded unchanged to ${real.forwarding === 'tunnel' ? 'a tunnel' : 'a neighbour'}`);
    if (context.host.sysctls.get('net.ipv4.vs.conntrack')?.trim() === '0') way.tracking = 'untracked';
    step(way, server, formatDestination(way));
    return { state: way, how: 'end' };
  });
}

function ways(
  context: Context,
  state: State,
  server: VirtualServer,
  live: readonly RealServer[],
): { way: State; real: RealServer }[] {
  const [first] = live;
  if (live.length === 1 && first !== undefined) return [{ way: state, real: first }];
  const weights = weightsOf(server.scheduler, live);
  if (weights !== null) {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return live.map((real, at) => {
      const way = state.clone();
      way.share = times(state.share, new Fraction(weights[at] ?? 0, total));
      return { way, real };
    });
  }
  const choice = context.choice(live.length);
  return live.map((real, at) => {
    const way = state.clone();
    way.share = taking(state.share, choice, at);
    way.assume(`scheduler ${server.scheduler ?? 'not known'}`);
    return { way, real };
  });
}

/** The shares of real servers where the scheduler has fixed ones; null where it has not. */
function weightsOf(scheduler: string | null, live: readonly RealServer[]): number[] | null {
  if (scheduler === 'rr') return live.map(() => 1);
  const weights = live.map(({ weight }) => weight ?? 0);
  return scheduler === 'wrr' && !weights.includes(0) ? weights : null;
}

function step(state: State, server: VirtualServer, to: string | null): void {
  const where: Where = { hook: 'ipvs', table: null, chain: null, source: server.source };
  note(where, state, { kind: 'ipvs', scheduler: server.scheduler ?? 'unknown', to });
}
