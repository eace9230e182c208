import type { ProbeWishes } from '../app/probe.ts';
import type { EndName } from '../app/trace-ends.ts';
import { exitCodes, UsageError } from '../errors.ts';
import type { Family } from '../model/report.ts';
import type { Call } from './command.ts';
import { durationOf } from './options.ts';
import { format } from './output.ts';
import { needsLive, withRemote } from './remote.ts';
import { readDestination, readEnd } from './trace/ends.ts';

/** `probe SRC DST`. Gives 0, or 1 when a probe failed or what answered is not what the rules say. */
export async function runProbe(call: Call): Promise<number> {
  const { args, flags, terminal } = call;
  const [from, to] = args;
  needsLive(call, 'probe');
  if (from === undefined || to === undefined)
    throw new UsageError(
      'missing-name',
      'a source and a destination are needed',
      'for instance: kubectl netinspect probe web-0 svc/api:80',
    );
  const source = readEnd(from, flags.get('namespace'));
  const named = readDestination(to, flags.get('namespace'));
  const wishes = wishesOf(call);
  return withRemote(call, async ({ remote, source: snapshots, options, progress }) => {
    const [{ enter, findTarget }, app, { liveObjects }, { probeText }] = await Promise.all([
      import('../app/remote-target.ts'),
      import('../app/probe.ts'),
      import('../app/live-names.ts'),
      import('../render/probe.ts'),
    ]);
    if (wishes.count > app.mostProbes)
      throw new UsageError('bad-flag-value', `--count is ${wishes.count}`, `at most ${app.mostProbes}`);
    const cluster = await remote.cluster();
    const target = await findTarget(cluster, source, options.connection);
    const inNamespace = (end: EndName): EndName =>
      'namespace' in end ? { ...end, namespace: end.namespace ?? cluster.namespace } : end;
    const end = inNamespace(named.end);
    const pod =
      target.pod === null
        ? undefined
        : { namespace: target.pod.metadata.namespace ?? '', name: target.pod.metadata.name };
    const [snapshot, [place], objects] = await Promise.all([
      snapshots.collect({
        pods: pod === undefined ? [] : [pod],
        nodes: [target.node],
        services:
          end.kind === 'service' && end.namespace !== undefined ? [{ namespace: end.namespace, name: end.name }] : [],
        namespaces: 'namespace' in end && end.namespace !== undefined ? [end.namespace] : [],
      }),
      enter(remote, [target]),
      liveObjects(cluster),
    ]);
    if (place === undefined) throw new Error(`${from} was not entered`);
    progress.step(`probing from ${target.title}`);
    const report = await app.probe(
      place,
      snapshot,
      {
        source: pod === undefined ? { kind: 'node', name: target.node } : { kind: 'pod', ...pod },
        destination: { ...named, end },
        wishes: { protocol: flags.get('protocol') ?? null, members: {} },
      },
      wishes,
      objects,
    );
    progress.stop();
    const output = flags.get('output') ?? 'text';
    await terminal.print(await format(report, output, layout => probeText(report, layout), terminal));
    const isBad = report.probes.some(
      ({ attempts, succeeded, agreement, mtu }) =>
        succeeded < attempts || agreement.verdict === 'differs' || mtu?.some(({ isSilent }) => isSilent),
    );
    return isBad ? exitCodes.badNews : exitCodes.ok;
  });
}

function wishesOf({ flags }: Call): ProbeWishes {
  const count = flags.get('count') ?? '';
  if (!/^[1-9]\d{0,5}$/.test(count))
    throw new UsageError(
      'bad-flag-value',
      `--count is ${JSON.stringify(count)}, not a number`,
      'give a whole number from 1 on',
    );
  const path = flags.get('http');
  const lonely = ['tls', 'host'].find(name => path === undefined && flags.given(name));
  if (lonely !== undefined)
    throw new UsageError('flag-conflict', `--${lonely} needs --http`, 'give the path: --http /');
  if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path))
    throw new UsageError(
      'bad-flag-value',
      `--http is ${JSON.stringify(path)}, not a path`,
      'it begins with / and has no spaces',
    );
  const host = flags.get('host') ?? null;
  if (host !== null && !/^[\w.:[\]-]+$/.test(host))
    throw new UsageError('bad-flag-value', `--host is ${JSON.stringify(host)}, not a host name`);
  return {
    count: Number(count),
    timeoutSeconds: Math.max(1, Math.ceil((durationOf(flags, 'wait') ?? 3000) / 1000)),
    family: (flags.get('family') as Family | undefined) ?? null,
    traceroute: flags.on('traceroute'),
    mtu: flags.on('mtu'),
    http: path === undefined ? null : { path, host, tls: flags.on('tls') },
  };
}
