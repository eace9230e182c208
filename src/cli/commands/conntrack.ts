import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag } from '../flags.ts';

export const conntrack: Command = {
  name: 'conntrack',
  aliases: [],
  operands: 'TARGET',
  maxArgs: 1,
  summary: 'Show the tracked connections of a pod, service, node or address, with NAT in words and names.',
  examples: [
    ['Connections of pod web', 'conntrack web'],
    ['DNS queries of this pod that nobody answered', 'conntrack shop/web-0 --protocol udp --port 53 --state UNREPLIED'],
    ['Clients of a service on every node, and which endpoints they have', 'conntrack svc/shop/web --all-nodes'],
    ['Who fills the table of a node', 'conntrack node/worker-1 --top 50'],
    ['What its counters grow by in ten seconds', 'conntrack node/worker-1 --stats --interval 10s'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml'),
    protocol: { value: 'PROTOCOL', help: 'Only this protocol: tcp, udp, sctp, icmp, icmpv6, …' },
    state: { value: 'STATE', help: 'Only this state: ESTABLISHED, SYN_SENT, TIME_WAIT, …, UNREPLIED or ASSURED' },
    peer: { value: 'PEER', help: 'Only connections with this other end: an IP, pod/NAME or svc/NAME' },
    port: { value: 'PORT', help: 'Only connections with this port on either side, before or after NAT' },
    nat: {
      value: 'NAT',
      choices: ['dnat', 'snat', 'any', 'none'],
      help: 'Only with this NAT: dnat, snat, any or none',
    },
    top: { value: 'N', initial: '20', help: 'How many destinations and entries are shown' },
    stats: { help: "Also the kernel's counters of each CPU, and what they grow by" },
    interval: { value: 'DURATION', initial: '5s', help: 'How long --stats counts' },
    node: { value: 'NODE', multiple: true, help: 'Look at this node (repeatable)' },
    'all-nodes': { help: 'Look at every node: starts a debug pod on each' },
    ...evidenceFlag,
    ...saveFlag,
    ...debugFlags,
  },
  connects: true,
  run: async call => (await import('../conntrack.ts')).showConntrack(call),
};
