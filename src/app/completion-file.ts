import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UsageError } from '../errors.ts';

const isWindows = process.platform === 'win32';

/** What kubectl asks to complete a plugin's words (kubectl pkg/cmd/plugin_completion.go): its name, and the program of this name. */
const completer = `kubectl_complete-netinspect${isWindows ? '.cmd' : ''}`;

/** The completer for this system: it hands the words on to `kubectl-netinspect __complete`. */
export function kubectlCompleter(): string {
  return isWindows ? '@kubectl-netinspect __complete %*\r\n' : '#!/bin/sh\nexec kubectl-netinspect __complete "$@"\n';
}

/**
 * Writes the completer into the folder of PATH that has kubectl-netinspect, where kubectl will find it too, and gives its path.
 * Throws UsageError when the program is not on PATH, or the folder cannot be written.
 */
export function installCompleter(path: string): string {
  const names = isWindows ? ['kubectl-netinspect.exe', 'kubectl-netinspect.cmd'] : ['kubectl-netinspect'];
  const folder = path.split(delimiter).find(each => each !== '' && names.some(name => existsSync(join(each, name))));
  if (folder === undefined)
    throw new UsageError(
      'not-on-path',
      'no folder of PATH has kubectl-netinspect',
      `put it there, or write this into an executable file ${completer} on PATH: kubectl netinspect completion kubectl`,
    );
  const file = join(folder, completer);
  try {
    writeFileSync(file, kubectlCompleter(), { mode: 0o755 });
  } catch (error) {
    throw new UsageError(
      'completer-unwritable',
      `${file} cannot be written: ${(error as Error).message}`,
      `write it with more rights, or into another folder of PATH: kubectl netinspect completion kubectl > ${completer}`,
    );
  }
  return file;
}
