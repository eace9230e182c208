import type { IptablesExtension, IptablesOption } from '../../../parse/iptables-rule.ts';
import type { Operand } from '../../rules.ts';
import { hasOnly, type Lowering, optionOf } from './extension.ts';
import { address, type IpFamily, interval, Malformed, networkRange, only } from './values.ts';

const flags = ['--random', '--random-fully', '--persistent'];

/** `80`, `80-90`; a range of which the base is shifted (`80-90/8080`) is not modelled. */
function ports(text: string): Operand {
  if (text.includes('/')) return { kind: 'opaque', raw: text };
  const range = interval(text, '-', 0xffffn);
  if (range.low === 0n || range.high > 0xffffn || range.low > range.high)
    throw new Malformed(`"${text}" is not a port`);
  return range.low === range.high ? { kind: 'value', value: range.low } : { kind: 'oneOf', range };
}

function addresses(text: string, family: IpFamily): Operand {
  const [low = '', high] = text.split('-');
  const first = address(low, family);
  const last = high === undefined ? first : address(high, family);
  if (first > last) throw new Malformed(`"${text}" is not a range of addresses`);
  // A binary that does not know the kernel's revision prints nothing but zeros.
  if (first === 0n && last === 0n) throw new Malformed(`"${text}" is no destination: the tool could not read the rule`);
  return first === last ? { kind: 'value', value: first } : { kind: 'oneOf', range: { low: first, high: last } };
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9:80-90`, `:80`, `[fd00::1]:80`, `fd00::1`. */
function target(option: IptablesOption, family: IpFamily): { address: Operand | null; port: Operand | null } {
  const text = only(option);
  const host = family === 'ip' ? /^([\d.-]*)(?::(.+))?$/ : /^(?:\[([^\]]+)\])?(?::(\d.*))?$/;
  const [, found, port] = host.exec(text) ?? [undefined, text];
  return {
    address: found === undefined || found === '' ? null : addresses(found, family),
    port: port === undefined ? null : ports(port),
  };
}

/** Of the source port: what --random does to a destination decides nothing that is modelled. */
function chosenAnew({ options }: IptablesExtension): { random?: true } {
  return options.some(({ name }) => name === '--random' || name === '--random-fully') ? { random: true } : {};
}

const addressed =
  (nat: 'dnat' | 'snat', name: string): Lowering =>
  (extension, { family }) => {
    const found = extension.options.filter(option => option.name === name);
    const [option] = found;
    // Several targets in one rule are of kernels before 2.6.11.
    if (option === undefined || found.length > 1 || !hasOnly(extension, name, ...flags)) return null;
    return [{ kind: 'nat', nat, ...target(option, family), ...(nat === 'snat' ? chosenAnew(extension) : {}) }];
  };

const local =
  (nat: 'masquerade' | 'redirect'): Lowering =>
  extension => {
    if (!hasOnly(extension, '--to-ports', ...flags)) return null;
    const option = optionOf(extension, '--to-ports');
    const port = option === undefined ? null : ports(only(option));
    return [{ kind: 'nat', nat, address: null, port, ...(nat === 'masquerade' ? chosenAnew(extension) : {}) }];
  };

export const dnat = addressed('dnat', '--to-destination');
export const snat = addressed('snat', '--to-source');
export const masquerade = local('masquerade');
export const redirect = local('redirect');

export const netmap: Lowering = (extension, { family }) => {
  const option = optionOf(extension, '--to');
  if (option === undefined || !hasOnly(extension, '--to')) return null;
  return [{ kind: 'netmap', nat: 'byHook', network: networkRange(only(option), family) }];
};
