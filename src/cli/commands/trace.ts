import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, type Flags, outputFlag, saveFlag, screenFlags } from '../flags.ts';

const packetFlags = {
  protocol: { value: 'PROTOCOL', help: 'tcp, udp, sctp, icmp, icmpv6 or a number (also DST:PORT/PROTOCOL)' },
  'source-port': { value: 'PORT', help: 'Source port; without it, any' },
  in: { value: 'INTERFACE', help: 'Interface that the packet comes in by' },
  out: { value: 'INTERFACE', help: 'Interface that the packet goes out by, with --rules' },
  mark: { value: 'MARK', help: 'Packet mark, such as 0x4000' },
  'ct-state': {
    value: 'STATE',
    choices: ['new', 'established', 'related', 'invalid', 'untracked'],
    help: 'What conntrack says of the packet: new, established, related, invalid or untracked',
  },
} satisfies Flags;

export const trace: Command = {
  name: 'trace',
  aliases: [],
  operands: 'SRC DST[:PORT][/PROTOCOL]',
  maxArgs: 2,
  summary: 'Show every way that a packet may go, hop by hop, with its probability and the rules that decide.',
  examples: [
    ['From pod web-0 to port 80 of service api', 'trace web-0 svc/api:80'],
    [
      'The same, with the rules and the way of the replies, from a saved snapshot',
      'trace web-0 svc/api:80 --reply --evidence --from cluster.tar.gz',
    ],
    ['To a node port from outside', 'trace internet node/worker-1:30080'],
    [
      'Through raw dumps, without a cluster',
      'trace 10.0.1.2 10.96.0.10:53/udp --rules iptables-save.txt --local 10.0.1.1',
    ],
    ['Many packets, as JSON Lines', 'trace --rules nat.save --rules filter.save --packets packets.jsonl -o json'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml', 'mermaid', 'dot'),
    rules: {
      value: 'FILE',
      multiple: true,
      help: 'Trace through this dump, not a cluster: iptables-save, nft, ipset, ipvsadm, ip addr, route, rule (repeatable)',
    },
    local: {
      value: 'IP,…',
      multiple: true,
      help: "Addresses of the host that --rules is of; those of its 'ip addr' count too",
    },
    packets: { value: 'FILE', help: 'Trace the packets of a file (- is stdin), a JSON object a line, through --rules' },
    ...packetFlags,
    reply: { help: 'Trace the reply as well' },
    'all-nodes': { help: 'From every node: starts a debug pod on each' },
    ...evidenceFlag,
    ...saveFlag,
    ...debugFlags,
    ...screenFlags,
  },
  connects: true,
  async run(call) {
    const { flags } = call;
    if (flags.given('rules')) return (await import('../trace/rules.ts')).traceRules(call);
    const only = ['packets', 'local', 'out'].find(name => flags.given(name));
    if (only !== undefined)
      throw new UsageError('flag-conflict', `--${only} needs --rules`, 'name the files with the rules: --rules FILE');
    return (await import('../trace/cluster.ts')).traceCluster(call);
  },
};
