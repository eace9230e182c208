import type { Session } from '../app/session.ts';
import { visible } from '../render/visible.ts';
import type { Call } from './command.ts';
import { durationOf } from './options.ts';
import { needsLive, withRemote } from './remote.ts';
import { readEnd } from './trace/ends.ts';

/** The course of `exec` and `debug`: enter, run, leave. Gives the exit code of what was run. */
export async function runSessionCommand(
  call: Call,
  name: string,
  wanted: Pick<Session, 'argv' | 'input'>,
): Promise<number> {
  const { flags, terminal } = call;
  needsLive(call, wanted.argv.length === 0 ? 'debug' : 'exec');
  const end = readEnd(name, flags.get('namespace'));
  const durationMs = durationOf(flags, 'duration') ?? 0;
  return withRemote(call, async ({ remote, options, progress }) => {
    const [{ enter, findTarget }, { runSession }] = await Promise.all([
      import('../app/remote-target.ts'),
      import('../app/session.ts'),
    ]);
    const target = await findTarget(await remote.cluster(), end, options.connection);
    const [place] = await enter(remote, [target]);
    if (place === undefined) throw new Error(`${name} was not entered`);
    progress.stop();
    const { stdin, stdout, stderr, signal } = terminal;
    const container = flags.get('container');
    if (wanted.argv.length === 0 && wanted.input === 'terminal')
      terminal.warn(
        visible(
          `in the network of ${target.title}${target.pod === null ? '' : ` on ${target.node}`}, with the tools of ${options.debug.image}; ends after ${flags.get('duration')} (--duration)`,
        ),
      );
    const started = performance.now();
    const code = await runSession(place, {
      ...wanted,
      container,
      deadlineSeconds: Math.ceil(durationMs / 1000),
      stdin,
      stdout,
      stderr,
      signal,
    });
    if (code !== 0 && performance.now() - started >= durationMs)
      terminal.warn(`ended after ${flags.get('duration')}: give more time with --duration`);
    return code;
  });
}
