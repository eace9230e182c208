import { parsePrefix } from '../../address.ts';
import type { RuleKey } from '../../rules.ts';
import type { IpFamily } from './values.ts';

export const noKey: RuleKey = { daddr: null, saddr: null, dport: null };

/** Exact, not negated: a leading `!` is not matched, since what stands before the option's dash is looked at. */
const wanted = / (! )?(?:-([sd]) ([0-9a-f.:]+)(?:\/(\d+))?|--dport (\d+)|-([jg]) \S+|--comment (?!")\S+)(?= |$)/g;

/** What a rule asks for exactly, by a scan of its line that does not read it: quoted text is skipped. */
export function keyOf(line: string, family: IpFamily): RuleKey {
  const text = line.includes('"') ? line.replace(/"(?:[^"\\]|\\.)*"/g, '""') : line;
  const key = { ...noKey };
  const length = family === 'ip' ? '32' : '128';
  for (const [, negated, side, address, mask, port] of text.matchAll(wanted)) {
    if (negated !== undefined) continue;
    if (port !== undefined) key.dport = BigInt(port);
    else if (address !== undefined && (mask ?? length) === length) {
      key[side === 's' ? 'saddr' : 'daddr'] = parsePrefix(address)?.value ?? null;
    }
  }
  return key;
}
