import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A command that a layer of the tests runs, and the Debian package that has it. */
export interface Need {
  command: string;
  package: string;
}

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/go/bin'];

/** True when the command is on PATH or in a usual system directory. */
export function isThere(command: string): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...systemPath].some(dir => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** True where apt can install packages: root on Debian or a derivative. */
function hasApt(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && isThere('apt-get');
}

/** Installs the packages of the commands that are missing, where apt can; gives the needs still missing. */
export function install(needs: readonly Need[]): Need[] {
  const missing = needs.filter(need => !isThere(need.command));
  if (missing.length === 0 || !hasApt()) return missing;
  const packages = [...new Set(missing.map(need => need.package))];
  process.stderr.write(`installing ${packages.join(' ')} (apt)\n`);
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  if (apt('install', '-y', '--no-install-recommends', ...packages).status !== 0) {
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...packages);
  }
  return needs.filter(need => !isThere(need.command));
}
