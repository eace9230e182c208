import type { ConntrackFilter, ConntrackTarget } from '../../app/conntrack.ts';
import type { Opened, PodName } from '../../app/open.ts';
import type { EndName } from '../../app/trace-ends.ts';
import type { CollectRequest } from '../../collect/source.ts';
import { UsageError } from '../../errors.ts';
import type { Call } from '../command.ts';
import type { FlagValues } from '../flag-values.ts';
import { nodeName } from '../names.ts';
import { connectionOptions, durationOf } from '../options.ts';
import { readEnd } from '../trace/ends.ts';

/** What the command line asks for, once names are known. */
export interface ConntrackWish {
  target: ConntrackTarget;
  filter: ConntrackFilter;
  request: CollectRequest;
  /** The nodes that were named. */
  nodes: string[];
}

/** Where names get their namespace. */
export type Namer = Pick<Opened, 'pod' | 'service'>;

/** Reads the command line; what it gives makes the wish where names are known. Throws UsageError. */
export async function readWish(call: Call): Promise<(source: Namer) => ConntrackWish> {
  const { flags } = call;
  const end = readTarget(call.args[0], flags.get('namespace'));
  const peer = flags.get('peer') === undefined ? null : readTarget(flags.get('peer'), flags.get('namespace'));
  const port = wholeNumber(flags, 'port', 65_535);
  const seconds = flags.on('stats') ? Math.ceil((durationOf(flags, 'interval') ?? 5000) / 1000) : 0;
  const nodes = flags.all('node').map(nodeName);
  const allNodes = flags.on('all-nodes');
  const { askConntrack } = await import('../../app/conntrack.ts');
  // Which node has the connections of an address depends on who has it.
  const owner =
    end.kind === 'address' && !flags.given('from') && nodes.length === 0 && !allNodes
      ? [await ownerOfAddress(end.address, call)]
      : nodes;
  return source => {
    const target = toTarget(end, source);
    const other = peer === null ? null : toTarget(peer, source);
    const filter: ConntrackFilter = {
      protocol: flags.get('protocol')?.toLowerCase() ?? null,
      state: flags.get('state')?.toUpperCase() ?? null,
      peer: other?.kind === 'node' ? null : other,
      port,
      nat: (flags.get('nat') as ConntrackFilter['nat'] | undefined) ?? null,
    };
    const ofKind = (kind: 'pod' | 'service') =>
      target.kind === kind ? [{ namespace: target.namespace, name: target.name }] : [];
    const request: CollectRequest = {
      pods: ofKind('pod'),
      services: ofKind('service'),
      nodes: target.kind === 'node' ? [target.name] : owner,
      // The peer's own node is not looked at.
      namespaces: other?.kind === 'pod' ? [other.namespace] : [],
      allNodes,
      ask: askConntrack(target, filter, seconds),
    };
    return { target, filter, request, nodes };
  };
}

type Target = Exclude<EndName, { kind: 'internet' | 'local' | 'deployment' | 'statefulset' | 'daemonset' }>;

function readTarget(text: string | undefined, namespace: string | undefined): Target {
  if (text === undefined)
    throw new UsageError(
      'missing-name',
      'whose connections is not said',
      'for instance: kubectl netinspect conntrack web-0, svc/web, node/worker-1 or 10.244.1.7',
    );
  const end = readEnd(text, namespace);
  if (end.kind === 'pod' || end.kind === 'service' || end.kind === 'node' || end.kind === 'address') return end;
  throw new UsageError('bad-target', `${text} has no connections of its own`, 'name a pod, service, node or address');
}

function toTarget(end: Target, source: Namer): ConntrackTarget {
  const named = (name: PodName, kind: 'pod' | 'service') => ({ kind, ...source[kind](name) });
  return end.kind === 'pod' || end.kind === 'service' ? named(end, end.kind) : end;
}

/** The node where an address' connections are tracked. Throws UsageError when it is not known. */
async function ownerOfAddress(address: string, { flags }: Call): Promise<string> {
  const { findAddressOwner } = await import('../../app/address-owner.ts');
  const owner = await findAddressOwner(address, connectionOptions(flags));
  if (owner?.node) return owner.node;
  const who = owner === null ? 'nobody in the cluster has it' : `${owner.kind} ${owner.name} has it`;
  throw new UsageError(
    'which-node',
    `it is not known on which node the connections of ${address} are tracked: ${who}`,
    'name nodes with --node, or give --all-nodes: it starts a debug pod on each',
  );
}

/** A flag's number from 1 to `most`; null when it is not given. Throws UsageError. */
export function wholeNumber(flags: FlagValues, name: string, most: number): number | null {
  const text = flags.get(name);
  if (text === undefined) return null;
  if (/^\d{1,7}$/.test(text) && Number(text) > 0 && Number(text) <= most) return Number(text);
  throw new UsageError('bad-flag-value', `--${name} is ${JSON.stringify(text)}`, `give a number from 1 to ${most}`);
}
