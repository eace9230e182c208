import { describe, expect, test } from '@jest/globals';
import {
  anyNumber,
  type Numeric,
  splitName,
  splitNumber,
  UnknownName,
  UnknownNumber,
  type Ways,
} from '../../../src/analyse/trace/unknown.ts';

const range = (low: number, high = low) => ({ low: BigInt(low), high: BigInt(high) });
const ports = new UnknownNumber([range(1, 65535)]);

/** Decides tests one after the other, each on the way that is named; gives the last answer's possible ways. */
function decided(start: UnknownNumber, ...tests: [and: bigint | null, low: number, high: number, way: 'yes' | 'no'][]) {
  let value: Numeric = start;
  let ways: Ways<Numeric> = { yes: null, no: null };
  for (const [and, low, high, way] of tests) {
    if (!(value instanceof UnknownNumber)) return { value, ways };
    ways = splitNumber(value, and, [range(low, high)]);
    value = ways[way] ?? value;
  }
  return { value, ways };
}

const possible = ({ yes, no }: Ways<unknown>) => [yes !== null ? 'yes' : '', no !== null ? 'no' : ''].join('');

describe('an unknown number', () => {
  test.each([
    ['may be in a part of its range', decided(ports, [null, 1, 1023, 'yes']), 'yesno'],
    ['is in the whole of it', decided(ports, [null, 0, 70000, 'yes']), 'yes'],
    ['is not outside of it', decided(ports, [null, 70000, 70001, 'yes']), 'no'],
    ['stays in the part that was decided', decided(ports, [null, 1, 1023, 'yes'], [null, 1, 1023, 'yes']), 'yes'],
    ['stays out of it', decided(ports, [null, 1, 1023, 'no'], [null, 53, 53, 'yes']), 'no'],
    ['a single value that is left is known', decided(ports, [null, 80, 80, 'yes']), 'yesno'],
    [
      'a bit that was set stays set',
      decided(anyNumber(32), [0x4000n, 0x4000, 0x4000, 'yes'], [0x4000n, 0, 0, 'yes']),
      'no',
    ],
    [
      'a bit that was not set stays so',
      decided(anyNumber(32), [0x4000n, 0x4000, 0x4000, 'no'], [0x4000n, 0, 0, 'yes']),
      'yes',
    ],
    [
      'other bits are open still',
      decided(anyNumber(32), [0x4000n, 0x4000, 0x4000, 'yes'], [0x8000n, 0x8000, 0x8000, 'yes']),
      'yesno',
    ],
    [
      'several bits that are not a value stay not that value',
      decided(anyNumber(32), [0xf0n, 0x50, 0x50, 'no'], [0xf0n, 0x50, 0x50, 'yes']),
      'no',
    ],
    ['but may be another', decided(anyNumber(32), [0xf0n, 0x50, 0x50, 'no'], [0xf0n, 0x60, 0x60, 'yes']), 'yesno'],
    ['a value with bits outside the mask never fits', decided(anyNumber(32), [0xf0n, 0x51, 0x51, 'yes']), 'no'],
  ])('%s', (_, { ways }, expected) => {
    expect(possible(ways)).toBe(expected);
  });

  test('one value that is left is that value', () => {
    expect(decided(ports, [null, 80, 80, 'yes']).value).toBe(80n);
  });
});

describe('an unknown interface name', () => {
  const any = new UnknownName('', []);
  const notLo = new UnknownName('', [{ name: 'lo', prefix: false }]);
  const eth = new UnknownName('eth', []);
  const maybe = new UnknownName('', [], true);
  test.each<[string, UnknownName, string, boolean, string]>([
    ['may be any', any, 'eth0', false, 'yesno'],
    ['is something', any, '', true, 'yes'],
    ['is not none', any, '', false, 'no'],
    ['is not what it was decided not to be', notLo, 'lo', false, 'no'],
    ['may be another like it', notLo, 'l', true, 'yesno'],
    ['is like what it was decided to be like', eth, 'eth', true, 'yes'],
    ['is like a shorter beginning', eth, 'e', true, 'yes'],
    ['may be one of those', eth, 'eth0', false, 'yesno'],
    ['is none of others', eth, 'wlan0', false, 'no'],
    ['may be none where there may be none', maybe, '', false, 'yesno'],
  ])('%s', (_, value, name, prefix, expected) => {
    expect(possible(splitName(value, { name, prefix }))).toBe(expected);
  });
});
