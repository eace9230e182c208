import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { sourcePath } from '../paths.ts';
import type { Say } from '../say.ts';
import { buildLayer, type Layer } from './oci.ts';

const packages = [
  ...['bash', 'busybox', 'ca-certificates', 'util-linux', 'procps', 'kmod', 'less', 'jq', 'zstd'],
  ...['iproute2', 'iptables', 'nftables', 'ipset', 'ipvsadm', 'conntrack', 'bridge-utils', 'ethtool'],
  ...['tcpdump', 'bind9-dnsutils', 'curl', 'netcat-openbsd', 'socat'],
  ...['traceroute', 'mtr-tiny', 'iputils-ping', 'iputils-tracepath'],
];
const without = ['doc', 'man', 'locale', 'info'].map(name => `--dpkgopt=path-exclude=/usr/share/${name}/*`);

/** This machine's distribution as mmdebstrap takes it: its release and the file of its package sources. */
export async function aptSource(): Promise<{ suite: string; sources: string }> {
  const release = await readFile('/etc/os-release', 'utf8');
  const suite = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1];
  const sources = ['sources.list.d/debian.sources', 'sources.list.d/ubuntu.sources', 'sources.list']
    .map(name => join('/etc/apt', name))
    .find(existsSync);
  if (!suite || !sources) throw new Error('images are made from Debian or Ubuntu packages; this machine is neither');
  return { suite, sources };
}

/** The tree of the tool image: this machine's own distribution, made like nicolaka/netshoot by tool-image.sh. */
export async function buildToolTree(say: Say): Promise<Layer> {
  const hook = sourcePath('build', 'tool-image.sh');
  const { suite, sources } = await aptSource();
  const args = [
    ...['--variant=essential', '--mode=root', '--format=tar', ...without],
    ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'],
    ...[`--include=${packages.join(',')}`, `--customize-hook=${hook}`, suite],
  ];
  const inputs = [suite, packages, without, await readFile(hook, 'utf8')];
  return buildLayer('netshoot', inputs, say, async dir => {
    await execa('mmdebstrap', [...args, join(dir, 'layer.tar'), sources], { env: { SOURCE_DATE_EPOCH: '0' } });
  });
}
