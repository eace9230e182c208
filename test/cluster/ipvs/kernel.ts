import { appendFile, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cached, contentHash } from '../build/cache.ts';
import { sourcePath } from '../paths.ts';
import type { Say } from '../say.ts';

/** Debian 12's kernels for virtual machines; the number in the name rises with each update, and any of them will do. */
const kernelPackage = /^linux-image-(6\.1\.0-(\d+)-cloud-amd64)$/;

/** What the guest's initrd must load to reach its disk. */
const diskDrivers = ['virtio_pci', 'virtio_blk'];

/** The folders of modules that a node can ask for. */
const moduleFolders = [
  ...['net', 'lib', 'crypto', 'arch', 'drivers/net', 'drivers/virtio', 'drivers/block', 'drivers/char'],
  ...['fs/overlayfs', 'fs/fuse', 'fs/nls'],
];

/**
 * A folder with `vmlinuz`, `initrd.img` and `lib/modules/VERSION`. The kernel's package and busybox-static are unpacked, never
 * installed: this machine boots its own kernel, and busybox-static takes the place of busybox.
 */
export async function buildKernel(say: Say): Promise<string> {
  const init = sourcePath('ipvs', 'initrd-init.sh');
  const inputs = [kernelPackage.source, diskDrivers, moduleFolders, await readFile(init, 'utf8')];
  return cached('ipvs-kernel', contentHash(inputs), say, async dir => {
    const version = await unpackPackages(dir);
    const unpacked = join(dir, 'unpacked');
    await copyFile(join(unpacked, 'boot', `vmlinuz-${version}`), join(dir, 'vmlinuz'));
    await keepModules(unpacked, dir, version);
    await packInitrd(dir, version, join(unpacked, 'bin', 'busybox'), init);
    await rm(unpacked, { recursive: true });
  });
}

/** Unpacks the newest kernel and busybox-static into `dir/unpacked`; gives the kernel's version. */
async function unpackPackages(dir: string): Promise<string> {
  await execa('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', 'update']);
  const { stdout } = await execa('apt-cache', ['pkgnames', 'linux-image-6.1.0-']);
  const versions = stdout.split('\n').flatMap(name => {
    const [, version, update] = kernelPackage.exec(name) ?? [];
    return version === undefined ? [] : [{ version, update: Number(update) }];
  });
  const newest = versions.sort((a, b) => b.update - a.update)[0];
  if (!newest)
    throw new Error(`the IPVS node runs Debian 12's cloud kernel, and apt here knows none (${kernelPackage})`);
  await execa('apt-get', ['-qq', 'download', `linux-image-${newest.version}`, 'busybox-static'], { cwd: dir });
  for (const name of (await readdir(dir)).filter(each => each.endsWith('.deb'))) {
    await execa('dpkg', ['--extract', join(dir, name), join(dir, 'unpacked')]);
    await rm(join(dir, name));
  }
  return newest.version;
}

async function keepModules(unpacked: string, dir: string, version: string): Promise<void> {
  const modules = join('lib', 'modules', version);
  await mkdir(join(dir, modules, 'kernel'), { recursive: true });
  const kept = [
    'modules.builtin',
    'modules.builtin.modinfo',
    'modules.order',
    ...moduleFolders.map(at => join('kernel', at)),
  ];
  const paths = kept.map(path => join(modules, path));
  await execa('cp', ['--archive', '--parents', ...paths, dir], { cwd: unpacked });
  await execa('depmod', ['--basedir', dir, version]);
}

async function packInitrd(dir: string, version: string, busybox: string, init: string): Promise<void> {
  const tree = join(dir, 'initrd');
  for (const name of ['bin', 'dev', 'root', 'modules']) await mkdir(join(tree, name), { recursive: true });
  for (const name of ['busybox', 'sh']) await copyFile(busybox, join(tree, 'bin', name));
  await copyFile(init, join(tree, 'init'));
  const show = ['--set-version', version, '--dirname', dir, '--show-depends', '--all', ...diskDrivers];
  const { stdout } = await execa('modprobe', show);
  const files = [...new Set([...stdout.matchAll(/^insmod (\S+)/gm)].flatMap(match => match[1] ?? []))];
  await writeFile(join(tree, 'modules', 'modules.list'), '');
  for (const file of files) {
    await copyFile(file, join(tree, 'modules', basename(file)));
    await appendFile(join(tree, 'modules', 'modules.list'), `${basename(file)}\n`);
  }
  const { stdout: names } = await execa('find', ['.'], { cwd: tree });
  const cpio = ['--create', '--format=newc', '--quiet', `--file=${join(dir, 'initrd.img')}`];
  await execa('cpio', cpio, { cwd: tree, input: `${names}\n` });
  await rm(tree, { recursive: true });
}
