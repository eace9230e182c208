import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDir } from '../paths.ts';

/** What a kubelet sets for the whole machine (pkg/kubelet/cm, setupKernelTunables): no namespace holds them. */
const names = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
];
const savedPath = join(stateDir, 'sysctls.json');
const sysctlPath = (name: string): string => join('/proc/sys', name);

/** Keeps the machine's values, to be called before the first kubelet starts. */
export async function saveSysctls(): Promise<void> {
  const entries = await Promise.all(names.map(async name => [name, (await readFile(sysctlPath(name), 'utf8')).trim()]));
  await writeFile(`${savedPath}.part`, JSON.stringify(Object.fromEntries(entries)));
  await rename(`${savedPath}.part`, savedPath);
}

/** Puts the kept values back; nothing to do when none were kept. */
export async function restoreSysctls(): Promise<void> {
  const text = await readFile(savedPath, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  for (const [name, value] of Object.entries<string>(JSON.parse(text))) await writeFile(sysctlPath(name), value);
}
