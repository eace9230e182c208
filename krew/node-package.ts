import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import type { NodePackage } from './targets.ts';

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kubectl-netinspect-build');
const installed = fileURLToPath(new URL('../node_modules', import.meta.url));

/**
 * The folder of a Node package, with `bin/` and (on most) `LICENSE`: the installed one when it has this version, else downloaded with
 * `npm pack`, once. Throws when its sum is not the one that is written down.
 */
export async function nodePackage({ name, version, integrity }: NodePackage): Promise<string> {
  const own = join(installed, name, 'package.json');
  if (existsSync(own) && (JSON.parse(readFileSync(own, 'utf8')) as { version: string }).version === version)
    return join(installed, name);
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.${process.pid}`;
  mkdirSync(join(part, 'bin'), { recursive: true });
  try {
    const args = ['pack', `${name}@${version}`, '--pack-destination', part, '--silent'];
    const archive = readFileSync(join(part, execFileSync('npm', args, { encoding: 'utf8' }).trim()));
    const sum = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    if (sum !== integrity) throw new Error(`${name}@${version} has the sum ${sum}, not ${integrity}`);
    const wanted = /^package\/(bin\/node(\.exe)?|LICENSE)$/;
    for (const { header, data } of await unpackTar(gunzipSync(archive), { filter: each => wanted.test(each.name) }))
      if (data !== undefined) writeFileSync(join(part, header.name.slice('package/'.length)), data);
    if (existsSync(join(part, 'bin/node'))) chmodSync(join(part, 'bin/node'), 0o755);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
}

/** The licence of Node and of all that is in it: of the first of the packages that has the file. */
export async function nodeLicense(packages: readonly NodePackage[]): Promise<string> {
  for (const each of packages) {
    const file = join(await nodePackage(each), 'LICENSE');
    if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  }
  throw new Error('no package of Node has its LICENSE');
}
