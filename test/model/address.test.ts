import { describe, expect, test } from '@jest/globals';
import { canonical, contains, formatAddress, parsePrefix } from '../../src/model/address.ts';

describe('canonical (RFC 5952)', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['fd00:0000:0000:0000:0000:0000:0000:0001', 'fd00::1'],
    ['FD00:244:0:1::3', 'fd00:244:0:1::3'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::1', '::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['0:0:0:0:0:ffff:a00:1', '::ffff:10.0.0.1'],
    ['fd00::1::2', 'fd00::1::2'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
    ['::g', '::g'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});

describe('parsePrefix', () => {
  test.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.1.',
    '10.0.0.1/33',
    '10.0.0.1/x',
    '10.0.0.1/8/8',
    '1::2::3',
    'fe80::1/129',
    'x',
  ])('"%s" is no address', text => {
    expect(parsePrefix(text)).toBeNull();
  });
});

describe('contains', () => {
  test.each([
    ['10.244.0.0/16', '10.244.1.0/24', true],
    ['10.244.1.0/24', '10.244.0.0/16', false],
    ['10.244.1.0/24', '10.244.2.1', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['0.0.0.0/0', 'fd00::1', false],
    ['fd00:244::/56', 'fd00:244:0:1::/64', true],
    ['fd00:244:0:1::/64', 'fd00:244:0:2::1', false],
  ])('%s %s: %s', (outer, inner, expected) => {
    const [a, b] = [parsePrefix(outer), parsePrefix(inner)];
    expect(a && b && contains(a, b)).toBe(expected);
  });
});

describe('formatAddress is the inverse of parsePrefix', () => {
  test.each(['0.0.0.0', '10.244.0.1', '255.255.255.255', '::', '::1', 'fd00:96::b956', '::ffff:10.0.0.1'])(
    '%s',
    text => {
      const prefix = parsePrefix(text);
      expect(prefix && formatAddress(prefix.value, prefix.family)).toBe(text);
    },
  );
});
