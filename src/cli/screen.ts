import type { Opened } from '../app/open.ts';
import { UsageError } from '../errors.ts';
import { visible } from '../render/visible.ts';
import type { Place } from '../tui/place.ts';
import type { Call } from './command.ts';
import { withSource } from './source.ts';

/** Flags that ask for something that is printed. */
const printing = ['output', 'save', 'evidence', 'dry-run', 'v', 'rules', 'packets'];

/** True when a command opens the screen: a terminal for both ways that can move its cursor, and no flag that asks for print. */
export function opensScreen({ terminal, flags }: Call): boolean {
  const { stdin, stdout, env } = terminal;
  const can = stdout.isTTY === true && env['TERM'] !== 'dumb' && stdin.isTTY === true;
  return can && !printing.some(name => flags.given(name));
}

/** Gives the place that the screen opens on; throws when it is not there, before the screen covers the words. */
export type FirstPlace = (source: Opened) => Promise<Place>;

/** Opens the screen on the live cluster or the snapshot of --from. Gives the exit code; throws as opening the source does. */
export async function openScreen(call: Call, first?: FirstPlace): Promise<number> {
  const { terminal, flags } = call;
  const { stdin, stdout, signal, env } = terminal;
  const from = flags.get('from');
  return withSource(
    call,
    async (source, progress) => {
      const opening = import('../tui/screen.tsx').catch(notBuilt);
      opening.catch(() => {});
      // A cluster that is not named is said where the words stay.
      await source.check({ pods: [], nodes: [] });
      const place = first === undefined ? null : await first(source);
      const { port, close } =
        from === undefined
          ? (await import('./screen/live.ts')).livePort(source, progress.step)
          : { port: await (await import('./screen/saved.ts')).savedPort(source), close: () => [] };
      const [{ openScreen: open }, { performer }] = await Promise.all([opening, import('./screen/tasks.ts')]);
      progress.stop();
      const code = await open(port, {
        source: source.name,
        place,
        colour: stdout.hasColors(env),
        ascii: flags.on('ascii'),
        perform: performer(stdout),
        stdin,
        stdout,
        signal,
      });
      for (const warning of close()) terminal.warn(`warning: ${visible(warning)}`);
      return code;
    },
    'held',
  );
}

const absent = ['ENOENT', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_UNKNOWN_FILE_EXTENSION'];

/** The screen is a file of its own, screen.cjs, and Node does not read its source. */
function notBuilt(error: NodeJS.ErrnoException): never {
  if (!absent.includes(error.code ?? '')) throw error;
  throw new UsageError(
    'no-screen',
    'the file with the screen, screen.cjs, is not beside the program',
    'build it with `npm run build`, and copy all of dist',
  );
}
