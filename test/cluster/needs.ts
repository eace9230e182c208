import { existsSync } from 'node:fs';
import { isThere, type Need } from '../needs.ts';

/** Commands of the machine that the test cluster is built and run with, and the Debian package of each. */
export const needs: readonly Need[] = [
  { command: 'gcc', package: 'build-essential' },
  { command: 'mmdebstrap', package: 'mmdebstrap' },
  { command: 'openssl', package: 'openssl' },
  { command: 'ip', package: 'iproute2' },
  { command: 'sysctl', package: 'procps' },
  { command: 'unshare', package: 'util-linux' },
  { command: 'nsenter', package: 'util-linux' },
  { command: 'mount', package: 'mount' },
  { command: 'runc', package: 'runc' },
  { command: 'nft', package: 'nftables' },
  { command: 'xtables-nft-multi', package: 'iptables' },
  { command: 'xtables-legacy-multi', package: 'iptables' },
  { command: 'conntrack', package: 'conntrack' },
  { command: 'curl', package: 'curl' },
  { command: 'dig', package: 'bind9-dnsutils' },
  { command: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  { command: 'cpio', package: 'cpio' },
  { command: 'depmod', package: 'kmod' },
  { command: 'mkfs.ext4', package: 'e2fsprogs' },
  { command: 'tmux', package: 'tmux' },
];

/** What this machine lacks, one line each with what to do; empty when the cluster can be built and started. */
export function missingNeeds(): string[] {
  if (process.platform !== 'linux') return ['the test cluster needs Linux'];
  const lines = needs
    .filter(need => !isThere(need.command))
    .map(need => `${need.command} is missing: apt-get install ${need.package}`);
  if (!isThere('go')) lines.push('go is missing: install Go 1.26 or later');
  if (!existsSync('/sys/fs/cgroup/memory/cgroup.procs')) {
    lines.push(
      'the test cluster needs the cgroup v1 hierarchies (boot the machine with systemd.unified_cgroup_hierarchy=0)',
    );
  }
  if (process.getuid?.() !== 0) lines.push('the test cluster needs root');
  return lines;
}
