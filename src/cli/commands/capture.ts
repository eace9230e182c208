import type { Command } from '../command.ts';
import { durationFlag, outputFlag, sessionFlags } from '../flags.ts';

export const capture: Command = {
  name: 'capture',
  aliases: ['tcpdump'],
  operands: 'TARGET…',
  maxArgs: Number.POSITIVE_INFINITY,
  summary: 'Capture packets with tcpdump at a pod, on its way through the node, or on a node, with names or as pcapng.',
  examples: [
    ['What pod web sends and gets, with the names of pods and services', 'capture web'],
    ['Its DNS, for ten seconds', "capture -n shop web --filter 'port 53' --duration 10s"],
    [
      "In the pod, at the node's end of its veth, and on the wire: where do packets stop?",
      'capture web --at pod --at veth --at node',
    ],
    ['Two pods on two nodes, into one file', 'capture web-0 web-1 --write web.pcapng'],
    ['Every pod of a service', "capture svc/api --filter 'tcp port 8080'"],
    ['Live in Wireshark', 'capture web --write - | wireshark -k -i -'],
    ['An interface of a node', 'capture node/worker-1 --interface flannel.1 --count 100'],
  ],
  flags: {
    filter: {
      value: 'EXPRESSION',
      help: "Packets to capture, in pcap-filter's syntax; checked before anything starts",
    },
    at: {
      value: 'POINT',
      multiple: true,
      choices: ['pod', 'veth', 'bridge', 'node'],
      help: "Where: pod (its own interface), veth (the node's end of it), bridge, node (its uplink); repeatable (default: pod, or node for a node)",
    },
    interface: {
      value: 'NAME',
      multiple: true,
      help: "Interface of a node, or any (repeatable; default: the one with the node's address)",
    },
    direction: {
      value: 'DIRECTION',
      initial: 'inout',
      choices: ['in', 'out', 'inout'],
      help: 'Only what comes to the target (in), or leaves it (out)',
    },
    write: { value: 'FILE', help: 'Write pcapng to a file (- is stdout) in place of lines' },
    count: { value: 'N', help: 'End after so many packets' },
    size: { value: 'SIZE', help: 'End after so many bytes, such as 10M' },
    snaplen: { value: 'BYTES', initial: '0', help: 'Bytes to take of each packet; 0: all' },
    ...durationFlag('10m', 'End after so long; Ctrl-C ends it earlier'),
    ...outputFlag('text', 'json'),
    ...sessionFlags,
  },
  connects: true,
  run: async call => (await import('../capture.ts')).runCapture(call),
};
