import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import type { RemoteNode } from '../collect/remote.ts';
import { addressNames } from '../model/address-names.ts';
import { type ConntrackView, namedEntries } from '../model/conntrack-on-node.ts';
import type { ConntrackEvent, NamedConntrackEntry } from '../model/conntrack-report.ts';
import { parseConntrack } from '../parse/conntrack.ts';
import { parseEndpointSlices } from '../parse/kubernetes/endpointslices.ts';
import { parseNodes } from '../parse/kubernetes/nodes.ts';
import { parsePods } from '../parse/kubernetes/pods.ts';
import { parseServices } from '../parse/kubernetes/services.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import { type ConntrackFilter, type ConntrackTarget, selectionOf } from './conntrack.ts';
import { withoutEvidence } from './evidence.ts';
import { sectionReader } from './sections.ts';

/** What entries are selected and named by, as the cluster was when the snapshot was taken. */
export function viewOf(snapshot: Snapshot, target: ConntrackTarget, filter: ConntrackFilter): ConntrackView {
  const reader = sectionReader(snapshot);
  const slices = reader.read('cluster/endpointslices.json', parseEndpointSlices);
  const objects = {
    pods: reader.read('cluster/pods.json', parsePods).records,
    services: reader.read('cluster/services.json', parseServices).records,
    slices: slices.records,
    nodes: reader.read('cluster/nodes.json', parseNodes).records,
  };
  const selection = selectionOf(target, filter, objects);
  return { selection, names: addressNames(objects), endpointsWhole: slices.state === 'whole' };
}

/** Bytes that the kernel may keep for us when events come faster than they are read. */
const eventBuffer = 16 << 20;

export interface Followed {
  /** Of those that were selected. */
  events: number;
  /** The tool's last words when it failed; null: it ended as it should. */
  problem: string | null;
}

/**
 * Follows the events of a node's connection table that the view selects, until the signal or for so many seconds. The protocol is
 * filtered on the node. `event` may wait.
 */
export async function followTable(
  node: RemoteNode,
  view: ConntrackView,
  { seconds, signal, event }: { seconds: number; signal: AbortSignal; event: (event: ConntrackEvent) => Promise<void> },
): Promise<Followed> {
  const { protocol } = view.selection;
  const process = await node.start({
    argv: [
      'conntrack',
      '-E',
      '-o',
      'extended,timestamp',
      '-b',
      String(eventBuffer),
      ...(protocol === null ? [] : ['-p', protocol]),
    ],
    deadlineSeconds: seconds,
  });
  let stderr = '';
  process.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-1000);
  });
  const stop = () => process.stop();
  signal.addEventListener('abort', stop, { once: true });
  let events = 0;
  const kinds = { NEW: 'new', UPDATE: 'update', DESTROY: 'destroy' } as const;
  try {
    for await (const line of createInterface({ input: process.stdout })) {
      const [, at, kind, entry = ''] = /^\[(\d+\.\d+)\]\s+\[(NEW|UPDATE|DESTROY)\]\s+(.*)$/.exec(line) ?? [];
      if (at === undefined) continue;
      const { records } = parseConntrack(entry);
      const [found] = namedEntries({ path: '', command: null, records, state: 'whole' }, view) ?? [];
      if (found === undefined) continue;
      events += 1;
      await event({
        time: new Date(Number(at) * 1000).toISOString(),
        node: node.name,
        event: kinds[kind as keyof typeof kinds],
        entry: withoutEvidence(found),
      });
    }
    const code = await process.ended;
    const ended = signal.aborted || code === 0 || code === 124 || code === 137 || code === 143;
    return { events, problem: ended ? null : stderr.trim().split('\n').at(-1) || `exit code ${code}` };
  } finally {
    signal.removeEventListener('abort', stop);
    process.kill();
  }
}

const deleteSeconds = 10;

/** Deletes an entry of a node's table, by its original tuple. Gives why it was not deleted; null: it was. */
export async function deleteEntry(node: RemoteNode, entry: NamedConntrackEntry): Promise<string | null> {
  const { family, protocol, original, zone } = entry;
  const flag = (name: string, value: number | null) => (value === null ? [] : [name, String(value)]);
  const { exitCode, stderr } = await node.run({
    argv: [
      'conntrack',
      '-D',
      '-f',
      family === 'IPv6' ? 'ipv6' : 'ipv4',
      '-p',
      protocol,
      '-s',
      original.source,
      '-d',
      original.destination,
      ...flag('--sport', original.sourcePort),
      ...flag('--dport', original.destinationPort),
      ...(zone === null || zone === 0 ? [] : ['-w', String(zone)]),
    ],
    deadlineSeconds: deleteSeconds,
  });
  if (exitCode === 0) return null;
  return /0 flow entries/.test(stderr) ? 'it had expired' : stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`;
}

const tableScript = 'for family in ipv4 ipv6; do conntrack -L -o extended -f $family || exit; done';

/** Writes a node's whole connection table to a stream, as `conntrack -L -o extended` prints it. Gives its bytes, and what went wrong. */
export async function copyTable(
  node: RemoteNode,
  out: Writable,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<{ bytes: number; problem: string | null }> {
  const process = await node.start({ argv: ['sh', '-c', tableScript], deadlineSeconds: seconds });
  let stderr = '';
  process.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-1000);
  });
  const stop = () => process.stop();
  signal.addEventListener('abort', stop, { once: true });
  let bytes = 0;
  try {
    for await (const chunk of process.stdout as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (!out.write(chunk)) await once(out, 'drain', { signal });
    }
    const code = await process.ended;
    return { bytes, problem: code === 0 ? null : stderr.trim().split('\n').at(-1) || `exit code ${code}` };
  } finally {
    signal.removeEventListener('abort', stop);
    process.kill();
  }
}
