import { fileURLToPath } from 'node:url';

/** What `trace` prints: the name of the expected text in fixtures/trace, and the words; `%` is the demo snapshot's folder. */
export const traceCases: readonly (readonly [string, readonly string[]])[] = [
  ['service.txt', ['shop/client-node1', 'svc/shop/web:80', '--from', 'demo']],
  ['reply.txt', ['shop/client-node2', '10.96.94.21:80', '--reply', '--from', 'demo']],
  ['evidence.txt', ['shop/client-node3', '10.96.95.185:80', '--evidence', '--from', 'demo']],
  ['node-port.txt', ['internet', 'node/node1:30082', '--from', 'demo']],
  ['rejected.txt', ['shop/client-node1', '10.96.51.139:80', '--evidence', '--from', 'demo']],
  [
    'rules.txt',
    ['10.244.1.5', '10.96.94.21:80', '--rules', '%/nodes/node1/iptables-save.nft', '--local', '10.244.1.1'],
  ],
  [
    'rules-reply.txt',
    [
      '198.51.100.7',
      '172.31.99.11:30080',
      '--reply',
      '--rules',
      '%/nodes/node1/iptables-save.nft',
      '--local',
      '172.31.99.11',
    ],
  ],
  ['undecided.txt', ['10.0.0.1', '10.0.1.1:80', '--rules', './string.save', '--evidence']],
  ['service.mmd', ['shop/client-node1', '10.96.229.46:80', '-o', 'mermaid', '--from', 'demo']],
  ['service.dot', ['shop/client-node1', '10.96.229.46:80', '-o', 'dot', '--from', 'demo']],
];

/** Rules of which one looks into the packet: written by iptables-nft-save 1.8.9. */
const stringRules = fileURLToPath(new URL('fixtures/trace/string.save', import.meta.url));

/** The words of a case. */
export function traceWords(words: readonly string[], demo: string): string[] {
  return ['trace', ...words.map(word => word.replace('%', demo).replace('./string.save', stringRules))];
}

/** What it printed, without the folders of this machine. */
export function withoutFolders(text: string, demo: string): string {
  return text.replaceAll(demo, '%').replaceAll(stringRules, './string.save');
}
