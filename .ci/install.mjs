import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const stampFile = join(root, 'node_modules/.netinspect-install');

/**
 * Installs the locked packages unless they are there already. Runs under the system's Node (20 or later, no packages):
 * it is the first step on a fresh clone.
 */
export function installPackages() {
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  process.stderr.write('installing packages (npm ci)\n');
  const done = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    process.stderr.write('error: npm ci failed; its output is above\n');
    process.exit(1);
  }
  writeFileSync(stampFile, stamp);
}

/**
 * Runs a file with the development Node of node_modules/.bin (the packages node-linux-*), else with this Node, and
 * exits with its code.
 */
export function runWithProjectNode(file, args) {
  const bin = join(root, 'node_modules/.bin');
  const own = join(bin, 'node');
  const node = existsSync(own) ? own : process.execPath;
  const [major = 0, minor = 0] = spawnSync(node, ['--version'], { encoding: 'utf8' })
    .stdout.slice(1)
    .split('.')
    .map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    process.stderr.write(`error: Node ${major}.${minor} cannot run TypeScript files; install Node 22.18 or later\n`);
    process.exit(1);
  }
  const child = spawnSync(node, [join(root, file), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  process.exit(child.status ?? 1);
}
