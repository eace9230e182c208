import type { Command } from '../command.ts';
import { outputFlag, sessionFlags } from '../flags.ts';

export const probe: Command = {
  name: 'probe',
  aliases: [],
  operands: 'SRC DST[:PORT][/PROTOCOL]',
  maxArgs: 2,
  summary: 'Open real connections from a pod or node: success, latency, and who answered, held against the rules.',
  examples: [
    ['From pod web-0 to port 80 of service api', 'probe web-0 svc/api:80'],
    ['With HTTP, a hundred times', 'probe web-0 svc/api:80 --http /healthz --count 100'],
    ['UDP, and ping', 'probe web-0 svc/dns:53/udp'],
    ['With the hops, and the path MTU to each endpoint', 'probe web-0 svc/api:80 --traceroute --mtu'],
    ['From a node to a pod', 'probe node/worker-1 shop/web-0 --protocol icmp'],
  ],
  flags: {
    count: { value: 'N', initial: '20', help: 'Connections, or packets, to each address' },
    protocol: { value: 'PROTOCOL', help: 'tcp, udp or icmp (also DST:PORT/PROTOCOL)' },
    http: { value: 'PATH', help: 'Ask for this path with HTTP; a status of 500 and more is a failure' },
    tls: { help: 'With --http: over TLS, whatever the certificate' },
    host: { value: 'NAME', help: 'With --http: the Host header' },
    traceroute: { help: 'Show the hops to the address, with who they are' },
    mtu: { help: 'Find the path MTU to each end that the rules lead to' },
    family: { value: 'FAMILY', choices: ['IPv4', 'IPv6'], help: 'IPv4 or IPv6 only' },
    wait: { value: 'DURATION', initial: '3s', help: 'How long one attempt may take' },
    ...outputFlag('text', 'json', 'yaml'),
    ...sessionFlags,
  },
  connects: true,
  run: async call => (await import('../probe.ts')).runProbe(call),
};
