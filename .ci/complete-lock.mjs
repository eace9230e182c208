/**
 * Adds to package-lock.json the optional packages of other platforms (esbuild's, Biome's, …) that npm left out because the
 * registry in use does not have them: without them `npm ci` calls the lock file incomplete, here and elsewhere. Version and
 * platform come from the parent's optionalDependencies and the package's name; there is no integrity to give.
 * Run it after `npm install`: `node .ci/complete-lock.mjs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const systems = {
  android: 'android',
  darwin: 'darwin',
  fsevents: 'darwin',
  win32: 'win32',
  windows: 'win32',
  linux: 'linux',
};
const others = ['aix', 'freebsd', 'netbsd', 'openbsd', 'openharmony', 'sunos'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const file = join(root, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const nameOf = path => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const known = new Set(Object.keys(lock.packages).map(nameOf));

for (const [path, parent] of Object.entries(lock.packages)) {
  if (path === '') continue;
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    if (known.has(name)) continue;
    const words = name.split(/[-/]/);
    const os = words.map(word => systems[word] ?? (others.includes(word) ? word : undefined)).find(Boolean);
    const cpu = words.find(word => processors.includes(word));
    const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[\^~]/, ''),
      ...(cpu && { cpu: [cpu] }),
      ...((parent.dev || parent.devOptional) && { dev: true }),
      ...(libc && { libc: [libc] }),
      optional: true,
      ...(os && { os: [os] }),
    };
    known.add(name);
    process.stdout.write(`${name} ${range}\n`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
