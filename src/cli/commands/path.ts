import type { Command } from '../command.ts';
import { debugFlags, outputFlag, saveFlag } from '../flags.ts';

export const path: Command = {
  name: 'path',
  aliases: [],
  operands: 'SRC DST[:PORT][/PROTOCOL]',
  maxArgs: 2,
  summary: 'The short answer of trace: same node or not, which networks are crossed, encapsulated or routed, what NAT.',
  examples: [
    ['From a pod to a service', 'path web-0 svc/api:80'],
    ['From a pod to the world', 'path shop/web-0 internet'],
    ['From outside to a node port, at every node', 'path internet node/worker-1:30080 --all-nodes'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml'),
    protocol: { value: 'PROTOCOL', help: 'tcp, udp, sctp, icmp, icmpv6 or a number (also DST:PORT/PROTOCOL)' },
    'all-nodes': { help: 'From every node: starts a debug pod on each' },
    ...saveFlag,
    ...debugFlags,
  },
  connects: true,
  run: async call => {
    const [{ traceCluster }, { printPath }] = await Promise.all([
      import('../trace/cluster.ts'),
      import('../trace/report.ts'),
    ]);
    return traceCluster(call, printPath);
  },
};
