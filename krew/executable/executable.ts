import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postject from 'postject';
import { assets } from '../../src/collect/assets.ts';
import { nodePackage } from '../node-package.ts';
import { blobWriter, type Target } from '../targets.ts';
import { withoutSymbols } from './elf.ts';
import { signatureFaults, signed } from './macho.ts';
import { withoutSignature } from './pe.ts';

/** The name of the program's file on a target. */
export const executableName = ({ os }: Target): string => `kubectl-netinspect${os === 'windows' ? '.exe' : ''}`;

/**
 * Makes a single executable (nodejs.org/api/single-executable-applications.html) of a bundled program: Node itself, without symbols and
 * foreign signature, and in it start.ts, which finds the program and its assets there. No snapshot and no code cache, which would
 * hold for one processor only; NODE_OPTIONS of the user are not read. Gives its path in `folder`.
 */
export async function makeExecutable(target: Target, program: string, folder: string): Promise<string> {
  const names = ['main.cjs', 'screen.cjs', ...Object.keys(assets)];
  const blob = join(folder, 'sea.blob');
  const config = {
    main: 'kubectl-netinspect.cjs',
    output: blob,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
    execArgv: ['--no-warnings'],
    execArgvExtension: 'none',
    assets: Object.fromEntries(names.map(name => [name, name])),
  };
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(config));
  const writer = join(await nodePackage(blobWriter(target)), 'bin/node');
  // Names in the blob are relative, so that it is the same wherever it is made.
  execFileSync(writer, ['--experimental-sea-config', join(folder, 'sea.json')], { cwd: program, stdio: 'pipe' });

  const node = readFileSync(join(await nodePackage(target.node), 'bin', target.os === 'windows' ? 'node.exe' : 'node'));
  const bare = { linux: withoutSymbols, win32: withoutSignature, darwin: (file: Buffer) => file }[target.platform](
    node,
  );
  const executable = join(folder, executableName(target));
  writeFileSync(executable, bare, { mode: 0o755 });
  await postject.inject(executable, 'NODE_SEA_BLOB', readFileSync(blob), {
    sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
    ...(target.platform === 'darwin' && { machoSegmentName: 'NODE_SEA' }),
  });
  if (target.platform === 'darwin') {
    const file = signed(readFileSync(executable), 'kubectl-netinspect');
    const faults = signatureFaults(file);
    if (faults.length > 0) throw new Error(`the signature does not hold: ${faults.join(', ')}`);
    writeFileSync(executable, file);
  }
  return executable;
}
