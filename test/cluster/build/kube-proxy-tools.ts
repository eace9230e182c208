import { copyFile, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { ProxyMode } from '../plan.ts';
import type { Say } from '../say.ts';
import { contentHash } from './cache.ts';
import { buildLayer, type Layer } from './oci.ts';

const iptablesNames = ['iptables', 'ip6tables'].flatMap(name => [name, `${name}-save`, `${name}-restore`]);

/** The one binary of this machine that a flavour of kube-proxy writes its rules with. */
const toolOf: Record<ProxyMode, string> = {
  'iptables-nft': '/usr/sbin/xtables-nft-multi',
  'iptables-legacy': '/usr/sbin/xtables-legacy-multi',
  nftables: '/usr/sbin/nft',
};

/** The rule tools of one flavour with their libraries, copied from this machine; the names are symlinks, so the flavour is fixed. */
export async function buildKubeProxyTools(mode: ProxyMode, say: Say): Promise<Layer> {
  const tool = toolOf[mode];
  const inputs = [contentHash((await readFile(tool)).toString('base64')), iptablesNames];
  return buildLayer(`kube-proxy-${mode}`, inputs, say, async dir => {
    const extensions = mode === 'nftables' ? [] : await xtablesExtensions();
    const files = [...new Set([tool, ...extensions, ...(await libraries([tool, ...extensions]))])];
    const root = join(dir, 'root');
    for (const path of files) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await copyFile(path, join(root, path));
    }
    if (mode === 'nftables') return;
    for (const name of iptablesNames) await symlink(tool, join(root, '/usr/sbin', name));
  });
}

/** iptables' own match and target libraries: the folder `xtables` beside libxtables. */
async function xtablesExtensions(): Promise<string[]> {
  const [libxtables] = (await libraries(['/usr/sbin/xtables-nft-multi'])).filter(path =>
    path.includes('/libxtables.so'),
  );
  if (!libxtables) throw new Error('libxtables is not among the libraries of xtables-nft-multi');
  const dir = join('/usr', dirname(libxtables).replace(/^\/usr/, ''), 'xtables');
  return (await readdir(dir)).filter(name => name.endsWith('.so')).map(name => join(dir, name));
}

/** Shared libraries of programs, the loader included, as ldd(1) prints them: `NAME => PATH (0x…)` or `PATH (0x…)`. */
async function libraries(programs: string[]): Promise<string[]> {
  const { stdout } = await execa('ldd', programs);
  return [...stdout.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].flatMap(match => match[1] ?? []);
}
