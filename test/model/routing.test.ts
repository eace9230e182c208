import { describe, expect, test } from '@jest/globals';
import { familyOf, type Prefix, parsePrefix } from '../../src/model/address.ts';
import { destinationPrefix, lookup } from '../../src/model/routing.ts';
import type { NodeStack } from '../../src/model/stack.ts';
import type { RuleRecord } from '../../src/parse/rule.ts';
import { fixture } from '../parse/fixture.ts';
import { recordedStack, whole } from './fixture.ts';

const node = recordedStack('node');
const prefix = (text: string) => parsePrefix(text) as Prefix;

interface Answer {
  dev: string;
  gateway?: string;
}

const asked = fixture('node/route-get.txt')
  .trimEnd()
  .split('\n')
  .map(line => {
    const [query = '', answer = ''] = line.split('\t');
    const [to = '', from = '', iif = ''] = query.split(' ');
    return { to, from, iif, answer: (JSON.parse(answer) as Answer[] | null)?.[0] ?? null };
  });

describe('the kernel’s own answers (ip route get, recorded)', () => {
  test.each(asked)('$to from $from in by $iif', ({ to, from, iif, answer }) => {
    const { route } = lookup(node, {
      destination: prefix(to),
      source: prefix(from === '-' ? (familyOf(to) === 'IPv4' ? '0.0.0.0' : '::') : from),
      inputInterface: iif === '-' ? null : iif,
    });
    const hop = route?.type === 'unicast' ? route.nextHops[0] : undefined;
    expect(hop === undefined ? null : { dev: hop.device, gateway: hop.gateway }).toEqual(
      answer === null ? null : { dev: answer.dev, gateway: answer.gateway ?? null },
    );
  });
});

const rule = (priority: number, fields: Partial<RuleRecord>): RuleRecord => ({
  raw: '',
  family: 'IPv4',
  priority,
  not: false,
  source: null,
  destination: null,
  fwmark: null,
  inputInterface: null,
  outputInterface: null,
  otherSelectors: [],
  table: null,
  action: null,
  goto: null,
  suppressPrefixLength: null,
  ...fields,
});
const main = rule(32766, { table: 'main' });
const withRules = (...rules: RuleRecord[]): NodeStack => ({ ...node, rules: { ...node.rules, IPv4: whole(rules) } });
const from = (stack: NodeStack, to = '10.7.1.1') =>
  lookup(stack, { destination: prefix(to), source: prefix('10.244.1.9'), inputInterface: 'cni0' });

describe('rules', () => {
  test.each([
    ['by source', [rule(5, { source: '10.244.1.0/24', table: '512' }), main], '10.7.0.0/16'],
    ['by another source', [rule(5, { source: '10.244.2.0/24', table: '512' }), main], 'default'],
    ['by the interface it came in by', [rule(5, { inputInterface: 'cni0', table: '512' }), main], '10.7.0.0/16'],
    ['not by it', [rule(5, { inputInterface: 'cni0', not: true, table: '512' }), main], 'default'],
    ['by destination', [rule(5, { destination: '10.0.0.0/8', table: '512' }), main], '10.7.0.0/16'],
    [
      'by the output interface only for local sockets',
      [rule(5, { outputInterface: 'eth0', table: '512' }), main],
      'default',
    ],
    ['an unreachable rule ends it', [rule(5, { action: 'unreachable' }), main], null],
    ['a goto skips', [rule(5, { action: 'goto', goto: 30000 }), rule(6, { table: '512' }), main], 'default'],
    ['a goto to nowhere ends it', [rule(5, { action: 'goto', goto: 40000 }), main], null],
    [
      'a goto backwards (no kernel takes one) ends it',
      [rule(5, { action: 'nop' }), rule(6, { action: 'goto', goto: 5 })],
      null,
    ],
    ['a nop goes on', [rule(5, { action: 'nop' }), main], 'default'],
    ['a suppressed default route', [rule(5, { table: 'main', suppressPrefixLength: 0 })], null],
    ['no rule was read: local, main, default', [], 'default'],
  ])('%s', (_, rules, destination) => {
    expect(from(withRules(...rules)).route?.destination ?? null).toBe(destination);
  });

  test.each([
    ['a mark', { fwmark: { value: 0x80, mask: 0xff } }, true],
    ['a port', { otherSelectors: ['dport 53'] }, true],
    ['a mark that an unmarked packet has', { fwmark: { value: 0, mask: 0xff } }, false],
    ['a mark, of packets from elsewhere', { fwmark: { value: 1, mask: 1 }, source: '192.0.2.0/24' }, false],
  ])('a rule that selects on %s: undecided %s', (_, fields, undecided) => {
    expect(from(withRules(rule(5, { table: '512', ...fields }), main)).undecided).toHaveLength(undecided ? 1 : 0);
  });

  test('an undecided rule whose table has no route for it does not matter', () => {
    expect(
      from(withRules(rule(5, { table: '512', otherSelectors: ['dport 53'] }), main), '192.0.2.1').undecided,
    ).toEqual([]);
  });
});

test('the default destination is not a part of any route but the default', () => {
  const destination = destinationPrefix('default', 'IPv4') as Prefix;
  expect(lookup(node, { destination, source: prefix('10.244.1.2'), inputInterface: 'cni0' }).route?.destination).toBe(
    'default',
  );
});
