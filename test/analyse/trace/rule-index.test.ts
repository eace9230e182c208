import { test } from '@jest/globals';
import { check } from './cases.ts';

// Chains of so many rules are indexed by address and port; a packet that a rule readdresses is looked up anew.
const others = Array.from({ length: 30 }, (_, at) => `\t\tip daddr 10.9.0.${at + 1} drop`);

const table = (chain: readonly string[], user: readonly string[] = []) =>
  [
    'table ip t {',
    '\tchain user {',
    ...user.map(line => `\t\t${line}`),
    '\t}',
    '\tchain c {',
    '\t\ttype filter hook prerouting priority -150; policy accept;',
    ...chain,
    '\t}',
    '}',
    '',
  ].join('\n');

test.each<[string, string, string[]]>([
  ['the address as it came', table([...others, '\t\tip daddr 10.0.0.2 drop']), ['1 drop']],
  ['an address that a rule wrote', table(['\t\tip daddr 10.0.0.2 ip daddr set 10.9.0.7', ...others]), ['1 drop']],
  [
    '… behind rules for other addresses',
    table([...others, '\t\tip daddr 10.0.0.2 ip daddr set 10.8.0.1', '\t\tip daddr 10.8.0.1 drop']),
    ['1 drop'],
  ],
  ['… in a chain that it led to', table(['\t\tjump user', ...others], ['ip daddr set 10.9.0.7']), ['1 drop']],
  [
    '… does not match what it was',
    table(['\t\tip daddr 10.0.0.2 ip daddr set 10.8.0.1', ...others, '\t\tip daddr 10.0.0.2 drop']),
    ['1 accept'],
  ],
  [
    '… in one of two ways',
    table(['\t\tnumgen random mod 2 0 ip daddr set 10.9.0.7', ...others]),
    ['1/2 accept', '1/2 drop'],
  ],
  [
    'a port that a rule wrote',
    table(['\t\ttcp dport 80 tcp dport set 81', ...others, '\t\ttcp dport 81 drop']),
    ['1 drop'],
  ],
])('%s', (_, rules, expected) => check({ rules: [rules], expected }));
