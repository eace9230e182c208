import type { LinkRecord } from '../../parse/link.ts';
import type { Context } from './context.ts';
import type { Host } from './host.ts';
import type { State } from './state.ts';
import { type Name, type Numeric, UnknownName } from './unknown.ts';

/**
 * The device that iptables sees a packet come in by, and its bridge port: br_netfilter hands bridged packets over as the
 * bridge's (net/bridge/br_netfilter_hooks.c). A port of a bridge may be given, or the bridge itself.
 */
export function arrival(given: string | undefined, host: Host): { iifname: Name; physin: Name } {
  const iifname = given ?? new UnknownName('', [{ name: 'lo', prefix: false }]);
  const link = linkOf(host, given);
  const calls = callsIptables(host);
  if (given !== undefined && link?.master != null && isBridge(host, link.master))
    return { iifname: link.master, physin: calls === false ? '' : given };
  if ((given !== undefined && link !== undefined && !isBridge(host, given)) || calls === false)
    return { iifname, physin: '' };
  return { iifname, physin: new UnknownName('', [], link === undefined || calls === null) };
}

/**
 * True for a packet that a bridge only passes on: its destination is a neighbour on the bridge that it came in by, so that the
 * sender gave it the neighbour's hardware address, and no rule rewrote its address. It is not routed.
 */
export function isBridged(context: Context, { family, interfaces, numbers }: State): boolean {
  const { iifname } = interfaces;
  const { daddr } = numbers;
  if (typeof daddr !== 'bigint' || daddr !== asItCameIn(numbers).daddr) return false;
  if (typeof iifname !== 'string' || !isBridge(context.host, iifname)) return false;
  const { routing } = context;
  return !routing.isLocal(family, daddr) && routing.isNeighbour(family, iifname, daddr);
}

/** False when bridged packets pass iptables by; null when that is not known. */
export function callsIptables({ sysctls }: Host): boolean | null {
  const value = sysctls.get('net.bridge.bridge-nf-call-iptables');
  return value === undefined ? null : value.trim() !== '0';
}

/**
 * Why a packet that goes back out of the bridge that it came in by is lost: to reach its own sender it would leave by its own
 * port, which wants hairpin mode (net/bridge/br_forward.c should_deliver). null when it is not, as far as is known.
 */
export function lostInHairpin({ host }: Context, { interfaces, numbers, asked }: State): string | null {
  const { physin, iifname, oifname } = interfaces;
  if (typeof physin !== 'string' || physin === '' || iifname !== oifname) return null;
  if (!asked.isSame(asItCameIn(numbers).saddr, numbers.daddr)) return null;
  return linkOf(host, physin)?.hairpin === false ? `hairpin mode of ${physin} is off` : null;
}

/**
 * True for a packet that was rewritten to an address behind the bridge that it came in by: br_netfilter has it bridged there, not
 * routed (net/bridge/br_netfilter_hooks.c br_nf_pre_routing_finish).
 */
export function isBridgedAfterNat({ interfaces, numbers }: State): boolean {
  const { physin, iifname, oifname } = interfaces;
  return physin !== '' && iifname === oifname && numbers.daddr !== asItCameIn(numbers).daddr;
}

/** The packet's addresses before any NAT; answers have those of the reply direction. */
function asItCameIn(numbers: State['numbers']): Record<'saddr' | 'daddr', Numeric | null> {
  return numbers.ctDirection === 1n
    ? { saddr: numbers.ctReplySaddr, daddr: numbers.ctReplyDaddr }
    : { saddr: numbers.ctOriginalSaddr, daddr: numbers.ctOriginalDaddr };
}

/** The bridge that a device is a port of; null for one of none. */
export function masterOf(host: Host, name: string): string | null {
  return linkOf(host, name)?.master ?? null;
}

function linkOf({ links }: Host, name: string | undefined): LinkRecord | undefined {
  return links?.records.find(link => link.name === name);
}

/** `ip link` without -d does not say what a device is: one that others have as their master is taken for a bridge. */
export function isBridge(host: Host, name: string): boolean {
  const link = linkOf(host, name);
  if (link === undefined) return false;
  return (
    link.kind === 'bridge' || (link.kind === null && (host.links?.records ?? []).some(({ master }) => master === name))
  );
}
