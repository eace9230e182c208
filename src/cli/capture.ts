import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import packageJson from '../../package.json' with { type: 'json' };
import { exitCodes, IncompleteError, UsageError } from '../errors.ts';
import type { CaptureDirection, CaptureSpot } from '../model/capture.ts';
import { visible } from '../render/visible.ts';
import type { Call } from './command.ts';
import { durationOf } from './options.ts';
import { needsLive, withRemote } from './remote.ts';
import { readEnd } from './trace/ends.ts';

/** `capture TARGET…`. Gives 0, or 4 when packets were dropped or a stream broke off. */
export async function runCapture(call: Call): Promise<number> {
  const { args, flags, terminal } = call;
  needsLive(call, 'capture');
  if (args.length === 0)
    throw new UsageError('missing-name', 'a pod or node is needed', 'for instance: kubectl netinspect capture web');
  const ends = args.map(text => readEnd(text, flags.get('namespace')));
  const limits = {
    filter: flags.get('filter'),
    durationSeconds: Math.ceil((durationOf(flags, 'duration') ?? 0) / 1000),
    count: wholeNumber(call, 'count'),
    size: size(call),
    snapLength: wholeNumber(call, 'snaplen') ?? 0,
  };
  const file = flags.get('write');
  if (file === '-' && terminal.stdout.isTTY)
    throw new UsageError(
      'binary-to-terminal',
      'pcapng is not for a terminal',
      'pipe it: --write - | wireshark -k -i -',
    );
  if (file !== undefined && flags.given('output'))
    throw new UsageError('flag-conflict', '--write takes no -o: it is pcapng', 'leave out one of them');
  return withRemote(call, async ({ remote, options, progress }) => {
    const [{ enter, findTargets }, { findPoints }, app, sinks, { liveNames }, render] = await Promise.all([
      import('../app/remote-target.ts'),
      import('../app/capture-points.ts'),
      import('../app/capture.ts'),
      import('../app/capture-sinks.ts'),
      import('../app/live-names.ts'),
      import('../render/capture.ts'),
    ]);
    const cluster = await remote.cluster();
    const found = await Promise.all(ends.map(end => findTargets(cluster, end, options.connection)));
    const naming = file === undefined ? liveNames(cluster) : undefined;
    const placed = await findPoints(await enter(remote, found.flat()), {
      spots: flags.all('at') as CaptureSpot[],
      interfaces: flags.all('interface'),
      direction: flags.get('direction') as CaptureDirection,
    });
    await app.checkFilter(placed, limits.filter);
    const points = placed.map(({ point }) => point);
    const out: Writable = file === undefined || file === '-' ? terminal.stdout : await opened(file);
    const put = writerOf(out);
    const isJson = flags.get('output') === 'json';
    const sink =
      naming === undefined
        ? sinks.fileSink(points, limits, `kubectl-netinspect ${packageJson.version}`, put)
        : sinks.lineSink(await naming, points, packets =>
            put(
              packets
                .map(packet => `${isJson ? render.packetJson(packet, points) : render.packetLine(packet, points)}\n`)
                .join(''),
            ),
          );
    const left = [...new Set(placed.flatMap(({ except }) => except ?? []))];
    const outcomes = await app.capture(
      placed,
      limits,
      {
        ...sink,
        started() {
          progress.stop();
          terminal.warn(visible(`capturing at ${render.pointList(points)}; times in UTC; Ctrl-C ends it`));
          if (left.length > 0)
            terminal.warn(
              visible(`left out, since it carries this capture: ${left.join(', ').replaceAll('not ', '')}`),
            );
        },
      },
      terminal.signal,
    );
    await sink.end(outcomes);
    if (file !== undefined && file !== '-')
      await new Promise<void>((resolve, reject) =>
        out.end((error?: Error | null) => (error ? reject(error) : resolve())),
      );
    progress.stop();
    for (const line of [...render.captureSummary(outcomes), ...render.flowLines(sink.flows(), points)])
      terminal.warn(line);
    if (file !== undefined && file !== '-') terminal.warn(visible(`written: ${file}`));
    return outcomes.some(({ dropped, problem }) => (dropped ?? 0) > 0 || problem !== null)
      ? exitCodes.incomplete
      : exitCodes.ok;
  });
}

/** Writes, and waits while the reader has not enough room. Throws IncompleteError when it cannot be written any more. */
function writerOf(out: Writable): (data: Buffer | string) => Promise<void> {
  let room: PromiseWithResolvers<void> | undefined;
  let failure: Error | undefined;
  const go = () => {
    room?.resolve();
    room = undefined;
  };
  for (const event of ['drain', 'close'] as const) out.on(event, go);
  out.on('error', error => {
    failure = error;
    go();
  });
  return async data => {
    if (failure === undefined && !out.destroyed && !out.write(data)) {
      room ??= Promise.withResolvers();
      await room.promise;
    }
    if (failure !== undefined)
      throw new IncompleteError(
        'capture-write',
        `what is captured cannot be written: ${failure.message}`,
        'is the disk full?',
      );
  };
}

/** The file, made anew. Throws UsageError when it cannot be written. */
async function opened(file: string): Promise<Writable> {
  if (/\.pcap$/.test(file))
    throw new UsageError('capture-format', `${file} would hold pcapng, not pcap`, `name it ${file}ng`);
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new UsageError('capture-file', `${file} cannot be written: ${(error as Error).message}`);
  }
  return stream;
}

function wholeNumber({ flags }: Call, name: string): number | undefined {
  const text = flags.get(name);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && (Number(text) > 0 || name === 'snaplen')) return Number(text);
  throw new UsageError('bad-flag-value', `--${name} is ${JSON.stringify(text)}, not a number`, 'give a whole number');
}

/** Bytes, with Kubernetes' suffixes and letters alone as powers of 1024. */
function size({ flags }: Call): number | undefined {
  const text = flags.get('size');
  if (text === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d{1,9})([kKMG]?)i?[bB]?$/.exec(text) ?? [];
  if (number !== '' && Number(number) > 0)
    return Number(number) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit.toUpperCase());
  throw new UsageError(
    'bad-flag-value',
    `--size is ${JSON.stringify(text)}, not a size`,
    'write it like 500K, 10M or 1G',
  );
}
