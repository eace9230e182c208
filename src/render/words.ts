import type { Family, Interface, IpAddress } from '../model/report.ts';
import { type Cell, cell } from './layout.ts';

/** yes, no or not known, each with its sign. */
export function answer(value: boolean | null, yes: string, no: string, unknown = 'not known'): Cell {
  if (value === null) return cell(`? ${unknown}`, 'doubt');
  return value ? cell(`✓ ${yes}`, 'good') : cell(`✗ ${no}`, 'bad');
}

/** A value, or a sign that it is not known. */
export function known(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '?' : String(value);
}

/** A list as words; `none` when it is empty. */
export function list(values: readonly string[], none = ''): string {
  return values.length === 0 ? none : values.join(', ');
}

/** A number with its noun. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** An address with its prefix length; a scope that the address does not show by itself is said. */
export function address({ address: ip, prefixLength, scope }: IpAddress): string {
  const plain = scope === 'global' || (scope === 'link' && ip.startsWith('fe80:')) || scope === 'host';
  return `${ip}/${prefixLength}${plain ? '' : ` ${scope}`}`;
}

/** A destination; of the default one, the family as well. */
export function destination(to: string, family: Family): string {
  return to === 'default' ? `default (${family})` : to;
}

/** An address and port: `10.0.0.1:80`, `[fd00::1]:80`. */
export function endpoint(ip: string, port: number | null): string {
  if (port === null) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The cells of an interface, as `interfaceHeaders` names them. */
export function interfaceCells(link: Interface): (string | Cell)[] {
  return [
    cell(link.name, 'name'),
    String(link.index),
    link.kind,
    link.state.endsWith('DOWN') ? cell(`✗ ${link.state}`, 'bad') : link.state,
    String(link.mtu),
    link.mac ?? '',
    link.master ?? '',
    list(link.addresses.map(address)),
  ];
}

export const interfaceHeaders = ['NAME', 'INDEX', 'KIND', 'STATE', 'MTU', 'MAC', 'MASTER', 'ADDRESSES'];
