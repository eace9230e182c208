import { describe, test } from '@jest/globals';
import { type Case, check, filter } from './cases.ts';

const drops = (match: string) => filter(`-A FORWARD -m set --match-set ${match} -j DROP`);
const sets = (...lines: string[]) => `${lines.join('\n')}\n`;

/** Each was run on kernel 6.18, but for net,net, which it has not. */
describe('ipset', () => {
  test.each<[string, Case]>([
    [
      'an element of a bridge port is not for iptables',
      {
        rules: [
          drops('S src,src'),
          sets('create S hash:net,iface family inet hashsize 1024 maxelem 65536', 'add S 10.0.0.0/24,physdev:eth0'),
        ],
        packet: { in: 'eth0' },
        expected: ['1 accept'],
      },
    ],
    [
      'net,iface: the longest prefix decides, and one of another interface with it',
      {
        rules: [
          drops('S src,src'),
          sets('create S hash:net,iface family inet', 'add S 10.0.0.0/24,eth1', 'add S 10.0.0.0/8,eth0'),
        ],
        packet: { in: 'eth0' },
        expected: ['1 accept'],
      },
    ],
    [
      'net,iface: several interfaces of one prefix',
      {
        rules: [
          drops('S src,src'),
          sets('create S hash:net,iface family inet', 'add S 10.0.0.0/24,eth1', 'add S 10.0.0.0/24,eth0'),
        ],
        packet: { in: 'eth0' },
        expected: ['1 drop'],
      },
    ],
    [
      'net,net: the prefix of the first part counts first (ip_set_hash_gen.h mtype_test_cidrs)',
      {
        rules: [
          drops('S src,dst'),
          sets(
            'create S hash:net,net family inet',
            'add S 10.0.0.0/24,10.0.0.0/8 nomatch',
            'add S 10.0.0.0/16,10.0.0.2',
          ),
        ],
        expected: ['1 accept'],
      },
    ],
    [
      'fewer directions than the set has parts never match',
      {
        rules: [drops('S src'), sets('create S hash:ip,port family inet', 'add S 10.0.0.1,tcp:80')],
        expected: ['1 accept'],
      },
    ],
    [
      'nomatch: the more specific exception',
      {
        rules: [drops('S src'), sets('create S hash:net family inet', 'add S 10.0.0.0/8', 'add S 10.0.0.1 nomatch')],
        expected: ['1 accept'],
      },
    ],
    [
      'list:set: one of its sets holds it; a set that was not dumped may',
      {
        rules: [
          drops('L dst'),
          sets('create S hash:ip family inet', 'create L list:set size 8', 'add L S', 'add L gone'),
        ],
        expected: ['? drop {-m set --match-set L dst}', '? accept {-m set --match-set L dst}'],
      },
    ],
    [
      'the hardware address that a packet goes to is not known',
      {
        rules: [drops('S dst'), sets('create S hash:mac', 'add S 02:00:00:00:00:01')],
        expected: ['? drop {-m set --match-set S dst}', '? accept {-m set --match-set S dst}'],
      },
    ],
  ])('%s', (_, one) => check(one));
});
