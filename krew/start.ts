import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { getRawAsset, isSea } from 'node:sea';
import { Script } from 'node:vm';

/**
 * What starts the program, as a file on Node and as a single executable: it compiles main.cjs with V8's code cache of an earlier
 * run of the same command, and keeps one after the first. Half of the start-up is compiling otherwise. Whatever is wrong with
 * the cache costs time and nothing else: V8 refuses one of another version, and one that others could have written is not read.
 */

/** A hash of main.cjs and screen.cjs (krew/build.ts puts it in). */
declare const __BUILD__: string;

const build = `${__BUILD__}-${process.version}-${process.platform}-${process.arch}`;
/** Caches lie by command, since each holds the functions that its run compiled. */
const command = /^_*[a-z]{1,20}$/.exec(process.argv[2] ?? '')?.[0] ?? 'any';
const caches = cacheFolder();

/** Our folder in the user's cache folder, as each system has it; undefined where there is none. */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  const ofSystem = { win32: LOCALAPPDATA, darwin: HOME && join(HOME, 'Library/Caches') }[process.platform as string];
  const base = XDG_CACHE_HOME || (ofSystem ?? (HOME && join(HOME, '.cache')));
  return base ? join(base, 'kubectl-netinspect') : undefined;
}

/** The bytes of a cache; undefined when there is none, or when another user could have written it. */
function readCache(file: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    const { uid, mode } = fstatSync(opened);
    const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    return isOurs ? readFileSync(opened) : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

const month = 30 * 24 * 3600 * 1000;

/** Keeps what was compiled, and removes the caches of builds that are no longer in use. Where it cannot, the next start is slow too. */
function writeCache(folder: string, name: string, script: Script): void {
  try {
    mkdirSync(join(folder, build), { recursive: true, mode: 0o700 });
    const part = join(folder, build, `${name}.${process.pid}`);
    writeFileSync(part, script.createCachedData(), { mode: 0o600 });
    renameSync(part, join(folder, build, name));
    for (const other of readdirSync(folder))
      if (statSync(join(folder, other)).mtimeMs < Date.now() - month)
        rmSync(join(folder, other), { recursive: true, force: true });
  } catch {}
}

/** Compiles one file of the program, a function that is called as Node calls a module, and runs it. Gives its exports. */
function load(name: string): unknown {
  const source = isSea()
    ? Buffer.from(getRawAsset(name)).toString('latin1')
    : readFileSync(join(__dirname, name), 'latin1');
  const cache = `${name}-${command}`;
  const cachedData = caches && readCache(join(caches, build, cache));
  const script = new Script(source, { filename: join(__dirname, name), ...(cachedData && { cachedData }) });
  if (caches && (!cachedData || script.cachedDataRejected))
    process.on('exit', code => {
      // Wrong usage and trouble have compiled little of it.
      if ([0, 1, 4].includes(code)) writeCache(caches, cache, script);
    });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, requireOf, module, __filename, __dirname);
  return module.exports;
}

const requireOf = (name: string): unknown => (name === './screen.cjs' ? load('screen.cjs') : require(name));

load('main.cjs');
