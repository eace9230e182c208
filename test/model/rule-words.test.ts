import { describe, expect, test } from '@jest/globals';
import { iptablesTables } from '../../src/model/backends/iptables.ts';
import { expressionWords } from '../../src/model/rule-words.ts';
import { parseIptables } from '../../src/parse/iptables.ts';

/** Rules as iptables-save 1.8.9 prints them on this kernel, and what they are in words. */
const rules: [rule: string, words: string][] = [
  ['-d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-SVC-X', 'to 10.96.0.10; UDP; port 53; → KUBE-SVC-X'],
  ['! -s 10.244.0.0/16 -g OTHER', 'from not 10.244.0.0/16; → OTHER (goto)'],
  ['-p tcp -m multiport --dports 80,443,8000:8080 -j ACCEPT', 'TCP; port 80, 443, 8000-8080; accept'],
  ['-i eth0 ! -o veth+ -j DROP', 'in by eth0; out by not veth*; drop'],
  ['-m conntrack ! --ctstate RELATED,ESTABLISHED -j RETURN', 'connection not related, established; return'],
  ['-m addrtype --dst-type LOCAL -j X', 'destination local; → X'],
  ['-m statistic --mode random --probability 0.33333333349 -j X', 'random 1 in 3; → X'],
  ['-m mark ! --mark 0x4000/0x4000 -j RETURN', 'mark & 0x4000 not 0x4000; return'],
  ['-j MARK --set-xmark 0x4000/0x4000', 'set mark bits 0x4000'],
  ['-j MARK --set-xmark 0x4000/0x0', 'flip mark bits 0x4000'],
  ['-j MARK --set-xmark 0x0/0x4000', 'clear mark bits 0x4000'],
  ['-j MARK --set-xmark 0x1/0xff', 'set mark 0x1/0xff'],
  ['-j MASQUERADE --random-fully', 'masquerade'],
  ['-p tcp -m tcp -j DNAT --to-destination 10.244.1.2:8080', 'TCP; DNAT to 10.244.1.2:8080'],
  ['-j SNAT --to-source 10.0.0.1', 'SNAT to 10.0.0.1'],
  ['-p tcp -j REDIRECT --to-ports 15001', 'TCP; redirect to this host port 15001'],
  ['-j REJECT --reject-with icmp-port-unreachable', 'reject with icmp-port-unreachable'],
  [
    '-m recent --rcheck --seconds 10800 --reap --name L --mask 255.255.255.255 --rsource -j X',
    'source seen within 10800 s in list L; → X',
  ],
  ['-m set --match-set KUBE-CLUSTER-IP dst,dst -j X', 'destination . destination in ipset KUBE-CLUSTER-IP; → X'],
  ['-m physdev --physdev-is-in -j ACCEPT', 'in by a bridge port; accept'],
];

const rules6: typeof rules = [
  ['-d fd00:96::a/128 -p tcp -m tcp --dport 53 -j X', 'to fd00:96::a; TCP; port 53; → X'],
  ['-p tcp -m tcp -j DNAT --to-destination [fd00:244::2]:8080', 'TCP; DNAT to [fd00:244::2]:8080'],
  ['-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT', 'ICMPv6; ICMP type 128; accept'],
];

function words(rule: string, family: 'ip' | 'ip6'): string {
  const text = `*nat\n:PREROUTING ACCEPT [0:0]\n:X - [0:0]\n-A X ${rule}\nCOMMIT\n`;
  const [table] = iptablesTables(parseIptables(text), { family, file: 'x' });
  const expressions = table?.chains.get('X')?.rules.at(0).expressions ?? [];
  return expressions.map(expression => expressionWords(expression, family)).join('; ');
}

describe('rules in words', () => {
  test.each(rules)('%s', (rule, expected) => {
    expect(words(rule, 'ip')).toBe(expected);
  });

  test.each(rules6)('IPv6: %s', (rule, expected) => {
    expect(words(rule, 'ip6')).toBe(expected);
  });
});
