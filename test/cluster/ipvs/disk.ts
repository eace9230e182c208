import { chmod, copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, contentHash, fileHashes } from '../build/cache.ts';
import { aptSource } from '../build/tool-image.ts';
import { sourcePath } from '../paths.ts';
import { pauseImage, toolImage, webImage } from '../plan.ts';
import type { Say } from '../say.ts';
import { writeArchive } from './archive.ts';

const packages = [
  ...['bash', 'iproute2', 'iptables', 'nftables', 'conntrack', 'ipvsadm', 'ipset', 'iputils-ping', 'curl'],
  ...['procps', 'util-linux', 'mount', 'kmod', 'runc'],
];
const without = ['doc', 'man', 'locale', 'info'].map(name => `--dpkgopt=path-exclude=/usr/share/${name}/*`);

/** Images that are in the guest's containerd from the start: to unpack them takes a virtual machine without KVM a minute. */
const preloaded = [pauseImage, webImage, toolImage];

const nodePrograms = ['kube', 'containerd', 'containerd-shim-runc-v2', 'ctr', 'flanneld', 'pause'];

/** The guest's root file system `root.ext4`: Debian with the node's programs, the kernel's modules and the images. Gives its path. */
export async function buildDisk(programs: string, images: string, kernel: string, say: Say): Promise<string> {
  const debian = await buildDebian(say);
  const agent = await buildAgent(say);
  const init = sourcePath('ipvs', 'guest-init.sh');
  const preload = sourcePath('ipvs', 'preload.sh');
  const scripts = await Promise.all([init, preload].map(path => readFile(path, 'utf8')));
  const inputs = [debian, agent, programs, images, kernel, preloaded, nodePrograms, scripts];
  const dir = await cached('ipvs-disk', contentHash(inputs), say, async building => {
    const root = join(building, 'root');
    await mkdir(root);
    await execa('tar', ['-xf', debian, '-C', root]);
    await cp(join(kernel, 'lib', 'modules'), join(root, 'lib', 'modules'), { recursive: true });
    const bin = join(root, 'usr', 'local', 'bin');
    for (const name of nodePrograms) await copyFile(join(programs, name), join(bin, name));
    for (const name of ['kubelet', 'kube-proxy']) await symlink('kube', join(bin, name));
    await copyFile(agent, join(bin, 'agent'));
    await cp(join(programs, 'cni'), join(root, 'opt', 'cni', 'bin'), { recursive: true });
    await copyFile(init, join(root, 'sbin', 'init'));
    await chmod(join(root, 'sbin', 'init'), 0o755);
    const containerd = join(root, 'var', 'lib', 'containerd');
    const archive = join(building, 'images.tar');
    await writeArchive(images, preloaded, archive);
    await execa('unshare', [
      ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['sh', preload, programs, containerd, archive],
    ]);
    await rm(archive);
    await writeFile(join(root, 'etc', 'resolv.conf'), '');
    await makeFileSystem(root, join(building, 'root.ext4'));
    await rm(root, { recursive: true });
  });
  return join(dir, 'root.ext4');
}

/** A sparse file system of 4 GiB. QEMU's snapshot mode forgets every write, so it needs no journal. */
async function makeFileSystem(root: string, path: string): Promise<void> {
  const features = [
    '-O',
    '^has_journal,^metadata_csum',
    '-E',
    'lazy_itable_init=0,nodiscard',
    '-m',
    '0',
    '-N',
    '65536',
  ];
  await execa('mkfs.ext4', ['-q', '-F', ...features, '-d', root, path, '4G']);
}

/** Debian's own tools, iptables-legacy among them, as a tar. */
async function buildDebian(say: Say): Promise<string> {
  const { suite, sources } = await aptSource();
  const args = [
    ...['--variant=essential', '--mode=root', '--format=tar', ...without],
    ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'],
    ...[`--include=${packages.join(',')}`, suite],
  ];
  const dir = await cached('ipvs-debian', contentHash(args), say, async building => {
    await execa('mmdebstrap', [...args, join(building, 'debian.tar'), sources]);
  });
  return join(dir, 'debian.tar');
}

async function buildAgent(say: Say): Promise<string> {
  const source = sourcePath('ipvs', 'agent');
  const { stdout: goVersion } = await execa('go', ['env', 'GOVERSION', 'GOARCH'], { cwd: source });
  const dir = await cached('ipvs-agent', contentHash([goVersion, await fileHashes(source)]), say, async building => {
    const env = { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -trimpath' };
    await execa('go', ['build', '-ldflags', '-s -w', '-o', join(building, 'agent'), '.'], { cwd: source, env });
  });
  return join(dir, 'agent');
}
