import { formatAddress } from '../../model/address.ts';
import type { Family } from '../../model/report.ts';
import type { State } from './state.ts';
import type { Numeric } from './unknown.ts';

/** An address as RFC 5952 and dotted decimals have it; `?` for one that is not known. */
export function formatNumeric(family: Family, address: Numeric | null): string {
  return typeof address === 'bigint' ? formatAddress(address, family) : '?';
}

/** The packet's destination: `address:port`, `[v6]:port`, or the address alone where there is no port. */
export function formatDestination(state: State): string {
  const { daddr, dport } = state.numbers;
  const address = formatNumeric(state.family, daddr);
  if (dport === null) return address;
  const port = typeof dport === 'bigint' ? dport : '?';
  return state.family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
