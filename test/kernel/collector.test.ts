import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CollectorPod } from '../../src/collect/collector-args.ts';
import { KernelNode, type Run, shells } from './collector-node.ts';

const node = new KernelNode();
const hex = '9fd59be50135d65c66b3c6942d6621327c52f296da379c2403f79ff093bd2f62';
const pod = (name: string, uid: string, ...ips: string[]): CollectorPod => ({ namespace: 'default', name, uid, ips });
const web = pod('web', '51028a02-7be7-45f7-ae4c-b22ad9135ff3', '10.244.1.2', 'fd00:244:0:1::2');
const crio = pod('crio', '72028a02-7be7-45f7-ae4c-b22ad9135ff3', '10.244.1.3');
const docker = pod('docker', '83028a02-7be7-45f7-ae4c-b22ad9135ff3', '10.244.1.4');
const mirror = pod('kube-apiserver', '0123456789abcdef0123456789abcdef', '172.31.99.11');
const sandboxed = pod('sandboxed', '94028a02-7be7-45f7-ae4c-b22ad9135ff3', '10.244.1.5');
const absent = pod('absent', 'a5028a02-7be7-45f7-ae4c-b22ad9135ff3', '10.244.1.6');
const pods = [web, crio, docker, mirror, sandboxed, absent];
const pids: Record<string, number> = {};

const network = `
  ip link add eth0 type veth peer name eth0 netns "$out"; ip -n "$out" link set eth0 up; ip addr add 172.31.99.11/24 dev eth0; ip link set eth0 up; ip route add default via 172.31.99.1
  ip link add cni0 type bridge; ip addr add 10.244.1.1/24 dev cni0; ip -6 addr add fd00:244:0:1::1/64 dev cni0 nodad; ip link set cni0 up
  ip link add vxlan.1 type vxlan id 1 dev eth0 local 172.31.99.11 dstport 8472 nolearning; ip link set vxlan.1 up
  bridge fdb append 5e:51:b9:53:3e:4b dev vxlan.1 dst 172.31.99.12 self permanent
  ip neigh add 10.244.2.0 lladdr 5e:51:b9:53:3e:4b dev vxlan.1 nud permanent
  ip route add 10.244.2.0/24 via 10.244.2.0 dev vxlan.1 onlink; ip route add blackhole 10.99.0.0/16
  ip rule add fwmark 0x80/0xff lookup 512 pref 512; ip -6 rule add from fd00::/8 lookup 513 pref 513
  ip link add "$(printf 'a"\\\\\\302\\251$x;')" type veth peer name odd netns "$out"
  for pod in "$web" "$crio" "$sandboxed"; do
    last=$((\${last:-1} + 1))
    ip link add "veth$last" type veth peer name eth0 netns "$pod"; ip link set "veth$last" master cni0 up
    ip -n "$pod" addr add "10.244.1.$last/24" dev eth0; ip -n "$pod" link set eth0 up
    ip -n "$pod" route add default via 10.244.1.1
    [ $last != 3 ] || last=4
  done
  ip -n "$web" -6 addr add fd00:244:0:1::2/64 dev eth0 nodad`;

const rules = `
  iptables-nft -t nat -N KUBE-SERVICES
  iptables-nft -t nat -A PREROUTING -m comment --comment "$(printf 'a "quoted" name\\nand \\\\ a second line')" -j KUBE-SERVICES
  iptables-nft -t nat -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.1.2:8080
  iptables-nft -A INPUT -m recent --name KUBE-SEP-A --set -j ACCEPT
  echo +10.244.1.9 >/proc/net/xt_recent/KUBE-SEP-A
  ip6tables-nft -t nat -A POSTROUTING -j MASQUERADE
  nft add table ip kube-proxy; nft add map ip kube-proxy service-ips '{ type ipv4_addr : verdict; }'; nft add table ip6 kube-proxy; nft add table inet other
  nft add table ip raw; nft add chain ip raw only-nft; nft add rule ip raw only-nft meta mark set numgen random mod 3
  conntrack -I -p udp -s 10.244.1.2 -d 10.96.0.10 --sport 4000 --dport 53 --reply-src 10.244.2.7 --reply-dst 10.244.1.2 --reply-port-src 53 --reply-port-dst 4000 -t 600 2>/dev/null
  conntrack -I -p udp -s 10.244.9.9 -d 10.244.1.20 --sport 4001 --dport 53 -t 600 2>/dev/null
  conntrack -I -p udp -s fd00:244:0:1::2 -d fd00::1 --sport 4002 --dport 53 -t 600 2>/dev/null`;

const server = `
  const { createServer } = require('net'), { createSocket } = require('dgram');
  process.title = 'we"b) (x';
  createServer().listen(8080, () => createServer().listen(8081, '127.0.0.1', () => createSocket('udp4').bind(5353, () => console.log('ready'))));`;

beforeAll(async () => {
  for (const name of ['out', 'node', 'web', 'crio', 'docker', 'sandboxed', 'legacy']) node.netns(name);
  node.sh('node', network);
  node.sh('node', rules);
  // As a mesh does it: rules of a pod's own.
  node.sh('web', 'iptables-nft -t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 15001; nft add table inet mesh');
  node.sh('crio', 'iptables-legacy -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 15006; ip6tables-nft -A INPUT');
  node.sh('sandboxed', 'iptables-legacy -A INPUT -j ACCEPT; nft add table ip mesh');
  node.sh('legacy', 'iptables-legacy -A INPUT -s 10.0.0.1 -m comment --comment legacy -j DROP');
  const systemd = (uid: string, scope: string) =>
    `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice/${scope}-${hex}.scope`;
  const start = async (key: string, spec: Parameters<KernelNode['start']>[0]) => {
    pids[key] = await node.start(spec);
  };
  const besteffort = `kubepods/besteffort/pod${web.uid}`;
  const webConf = 'nameserver 10.96.0.10\noptions ndots:5\n';
  await start('pause', {
    netns: 'web',
    cgroup: `${besteffort}/${hex}`,
    comm: 'pause',
    resolvConf: 'nameserver 192.0.2.1\n',
  });
  await start('web', {
    netns: 'web',
    cgroup: `${besteffort}/${hex.replace('9', '8')}`,
    comm: 'web',
    resolvConf: webConf,
    program: server,
  });
  await start('conmon', { netns: 'node', cgroup: systemd(crio.uid, 'crio-conmon'), comm: 'conmon' });
  await start('crio', {
    netns: 'crio',
    cgroup: systemd(crio.uid, 'crio'),
    comm: 'app',
    resolvConf: 'nameserver 10.96.0.11\n',
  });
  await start('docker', {
    netns: 'docker',
    cgroup: `kubepods.slice/kubepods-pod${docker.uid.replaceAll('-', '_')}.slice/docker-${hex}.scope`,
    comm: 'app',
    resolvConf: '',
  });
  await start('mirror', {
    netns: 'node',
    cgroup: `kubepods/burstable/pod${mirror.uid}/${hex}`,
    comm: 'kube-apiserver',
    resolvConf: 'nameserver 192.0.2.2\n',
  });
});

// As k3s runs: the secret is on its command line.
beforeAll(async () => {
  node.netns('k3s');
  const program = 'console.log("ready"); setTimeout(() => {}, 600000)';
  await node.start({ netns: 'k3s', cgroup: 'k3s', comm: 'k3s', program, flags: ['--token=not-for-you'] });
});

afterAll(() => node.remove());

const inode = (name: string) => Number(node.sh(name, 'stat -L -c %i /proc/self/ns/net'));
const podSection = (run: Run, of: CollectorPod, name: string) => run.section(`pods/default_${of.name}/${name}`);
const withoutTimes = (dump: string) => dump.replaceAll(/ on .* 20\d\d$/gm, '');
const withoutCounters = (dump: string) => withoutTimes(dump).replaceAll(/\[\d+:\d+\]/g, '');
/** Flags of a link or an age may change while we look; the rest may not. */
const json = (text: string) =>
  JSON.parse(text, (key, value) => (key === 'state' || /time|gc|_timer/.test(key) ? undefined : value));

describe.each(shells)('under $shell with $tools tools', shell => {
  let run: Run;
  let rulesBefore: string[];
  let rulesAfter: string[];
  const everyRule = () =>
    ['node', 'web', 'crio', 'docker', 'sandboxed'].map(name =>
      node.sh(name, 'cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; nft list ruleset 2>/dev/null'),
    );
  beforeAll(() => {
    rulesBefore = everyRule();
    run = node.run('node', { shell, pods });
    rulesAfter = everyRule();
  });

  test('the stream is whole, the exit code 0, and nothing is left in the container', () => {
    expect(run).toMatchObject({ complete: true, problem: undefined, exitCode: 0 });
    expect(run.stderr).toMatch(/^(netinspect-collector: \d+ sections\n){2}$/);
  });

  test('looking makes no table, legacy or nft, and changes none, on the node and in pods', () => {
    expect(rulesAfter).toEqual(rulesBefore);
  });

  const tools = [
    ['link.json', 'ip -j -d link'],
    ['addr.json', 'ip -j addr'],
    ['route4.json', 'ip -j -4 route show table all'],
    ['route6.json', 'ip -j -6 route show table all'],
    ['rule4.json', 'ip -j -4 rule'],
    ['rule6.json', 'ip -j -6 rule'],
    ['neigh.json', 'ip -j neigh'],
  ] as const;
  const onNode = [['bridge.json', 'bridge -j -d link'] as const, ['fdb.json', 'bridge -j fdb show'] as const];

  test.each([...tools, ...onNode])('%s is what `%s` prints on the node', (path, command) => {
    const section = run.section(path);
    expect(section.info).toMatchObject({ command, exitCode: 0 });
    expect(json(section.text)).toEqual(json(node.sh('node', command)));
  });

  test.each(tools)('%s of a pod is what `%s` prints in its namespace', (path, command) => {
    expect(json(podSection(run, web, path).text)).toEqual(json(node.sh('web', command)));
  });

  test('an interface name with quotes, backslash and letters of no alphabet arrives as it is', () => {
    const names = JSON.parse(run.section('link.json').text).map((link: { ifname: string }) => link.ifname);
    expect(names).toContain('a"\\©$x;');
  });

  test('the ids of namespaces join both ends of the veth pair', () => {
    const id = (section: string, of: number) => {
      const found = [...section.matchAll(/"ns": (\d+),\s*"pid": \d+,\s*"netnsid": "(\w+)"/g)].find(
        ([, ns]) => Number(ns) === of,
      );
      return Number(found?.[2]);
    };
    const link = (text: string, name: string) =>
      JSON.parse(text).find((entry: { ifname: string }) => entry.ifname === name);
    const veth = link(run.section('link.json').text, 'veth2');
    const eth0 = link(podSection(run, web, 'link.json').text, 'eth0');
    expect(veth.link_index).toBe(eth0.ifindex);
    expect(eth0.link_index).toBe(veth.ifindex);
    expect(id(run.section('netns.json').text, inode('web'))).toBe(veth.link_netnsid);
    expect(id(podSection(run, web, 'netns.json').text, inode('node'))).toBe(eth0.link_netnsid);
  });

  test.each([
    ['iptables-save.nft', 'iptables-nft-save -c', withoutTimes],
    ['ip6tables-save.nft', 'ip6tables-nft-save -c', withoutCounters],
  ] as const)('%s is what `%s` prints, with quotes and line breaks in comments', (path, command, comparable) => {
    expect(run.section(path).info).toMatchObject({ command, exitCode: 0 });
    expect(comparable(run.section(path).text)).toBe(comparable(node.sh('node', command)));
  });

  test('nft.json has the tables that iptables-nft does not own, the incompatible one included, as one document', () => {
    const document: { nftables: { table?: { family: string; name: string } }[] } = JSON.parse(
      run.section('nft.json').text,
    );
    const tables = document.nftables.flatMap(({ table }) => (table ? [`${table.family} ${table.name}`] : []));
    expect(tables.sort()).toEqual(['inet other', 'ip kube-proxy', 'ip raw', 'ip6 kube-proxy']);
    const maps = JSON.parse(node.sh('node', 'nft -j list table ip kube-proxy')).nftables;
    expect(document.nftables).toEqual(expect.arrayContaining(maps));
  });

  test.each([
    ['iptables-save.nft', 'web', web, 'iptables-nft-save -c'],
    ['ip6tables-save.nft', 'crio', crio, 'ip6tables-nft-save -c'],
    ['iptables-save.legacy', 'crio', crio, 'iptables-legacy-save -c'],
    ['iptables-save.legacy', 'sandboxed', sandboxed, 'iptables-legacy-save -c'],
  ] as const)('%s of a pod with rules of its own, %s, is what its namespace prints', (path, name, of, command) => {
    const section = podSection(run, of, path);
    expect(section.info).toMatchObject({
      exitCode: 0,
      command: expect.stringMatching(`^nsenter --net=\\S+ ${command}$`),
    });
    expect(withoutCounters(section.text)).toBe(withoutCounters(node.sh(name, command)));
  });

  test.each([
    ['web', web, 'inet mesh'],
    ['sandboxed', sandboxed, 'ip mesh'],
  ] as const)('nft.json of a pod, %s, has its tables that iptables-nft does not own', (name, of, table) => {
    const document = JSON.parse(podSection(run, of, 'nft.json').text);
    expect(document).toEqual(JSON.parse(node.sh(name, `nft -j list table ${table}`)));
  });

  test.each([
    ['iptables-save.legacy', 'web', web],
    ['ip6tables-save.legacy', 'web', web],
    ['ip6tables-save.nft', 'web', web],
    ['iptables-save.nft', 'crio', crio],
    ...['iptables-save.legacy', 'ip6tables-save.legacy', 'iptables-save.nft', 'ip6tables-save.nft'].map(
      path => [path, 'docker', docker] as const,
    ),
  ] as const)('%s of a pod without such tables, %s, is empty and says so', (path, _, of) => {
    expect(podSection(run, of, path)).toMatchObject({
      text: '',
      info: { exitCode: 0, stderr: expect.stringMatching(/^no (legacy table|table of iptables-nft) exists\n$/) },
    });
  });

  test.each(['iptables-save.legacy', 'ip6tables-save.legacy'])(
    '%s is empty and says that no legacy table exists',
    path => {
      expect(run.section(path)).toMatchObject({ text: '', info: { exitCode: 0, stderr: 'no legacy table exists\n' } });
    },
  );

  test('conntrack.txt has the entries of the asked pods only, IPv4 and IPv6 (from /proc/net/nf_conntrack, where the kernel has it)', () => {
    const ports = [...run.section('conntrack.txt').text.matchAll(/sport=(400\d)/g)].map(([, port]) => port);
    expect(ports.sort()).toEqual(['4000', '4002']);
  });

  test('conntrack-stats.txt counts per CPU', () => {
    expect(run.section('conntrack-stats.txt').text).toMatch(/^cpu=0\s+found=\d+ invalid=\d+/);
  });

  test('xt_recent has the lists of the recent match', () => {
    expect(run.section('xt_recent/KUBE-SEP-A')).toMatchObject({
      text: node.sh('node', 'cat /proc/net/xt_recent/KUBE-SEP-A'),
    });
    expect(run.section('xt_recent/KUBE-SEP-A').text).toMatch(/^src=10\.244\.1\.9 ttl: /);
  });

  test('ipvsadm.save says when the kernel has no ip_vs (this machine may lack it; an IPVS node is tested by the cluster layer)', () => {
    const info = run.section('ipvsadm.save').info;
    if (existsSync('/proc/net/ip_vs')) expect(info.command).toBe('ipvsadm --save --numeric');
    else expect(info).toMatchObject({ exitCode: 0, stderr: 'the kernel has ip_vs not loaded\n' });
  });

  test('sysctl.txt has keys and values as sysctl(8) writes them', () => {
    const lines = run.section('sysctl.txt').text.split('\n');
    expect(lines).toContain(`net.ipv4.ip_forward = ${node.sh('node', 'cat /proc/sys/net/ipv4/ip_forward').trim()}`);
    expect(lines).toContain(
      `net.ipv4.conf.vxlan/1.rp_filter = ${node.sh('node', 'cat /proc/sys/net/ipv4/conf/vxlan.1/rp_filter').trim()}`,
    );
    expect(lines).toContain(
      `net.ipv4.ip_local_port_range = ${node.sh('node', 'cat /proc/sys/net/ipv4/ip_local_port_range').trim()}`,
    );
  });

  test('os.txt names the kernel and the host', () => {
    expect(run.section('os.txt').text).toMatch(/^Linux .*\n(.*\n)*NAME=/);
  });

  const found = (of: CollectorPod) =>
    JSON.parse(podSection(run, of, 'pids.json').text).map((entry: { pid: number }) => entry.pid);

  test.each([
    ['cgroupfs', web, ['pause', 'web']],
    ["systemd's of CRI-O (unproven live)", crio, ['conmon', 'crio']],
    ["systemd's of Docker, guaranteed (unproven live)", docker, ['docker']],
    ['a static pod with its config hash', mirror, ['mirror']],
    ['no process', sandboxed, []],
  ] as const)('the processes of a pod are found by their cgroup: %s', (_, of, keys) => {
    expect(found(of).sort()).toEqual(keys.map(key => pids[key]).sort());
  });

  test('pids.json tells parent, cgroup, name and namespace of each process', () => {
    const entry = JSON.parse(podSection(run, web, 'pids.json').text).find(
      (each: { pid: number }) => each.pid === pids['web'],
    );
    expect(entry).toMatchObject({ ppid: process.pid, comm: 'we"b) (x', netns: inode('web') });
    expect(entry.cgroup).toMatch(new RegExp(`/kubepods/besteffort/pod${web.uid}/${hex.replace('9', '8')}$`));
  });

  test.each([
    ['its own', web, 'web'],
    ['its own, although a monitor in its cgroup is in that of the node', crio, 'crio'],
    ['that of the node (hostNetwork)', mirror, 'node'],
    ['its own, found by address in /run/netns', sandboxed, 'sandboxed'],
  ] as const)('netns.txt gives the namespace of the pod and of the node: %s', (_, of, name) => {
    const inodes = podSection(run, of, 'netns.txt')
      .text.split('\n')
      .map(line => Number.parseInt(line, 10));
    expect(inodes).toEqual([inode(name), inode('node'), Number.NaN]);
  });

  test('a pod in the network of the node does not repeat its links and routes', () => {
    const names = run.sections.flatMap(({ path }) => path.match(/^pods\/default_kube-apiserver\/(.*)$/)?.[1] ?? []);
    expect(names.sort()).toEqual(['netns.txt', 'pids.json', 'resolv.conf', 'sockets.txt']);
  });

  test('a pod that is not on the node is said to be so', () => {
    expect(podSection(run, absent, 'netns.txt').info).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^no process on this node is in a cgroup of pod default\/absent .* has its address \(10.244.1.6\)\n$/,
      ),
    });
  });

  test.each([
    ["its container's, not its pause's", web, 'nameserver 10.96.0.10\noptions ndots:5\n'],
    ["its container's, not its monitor's", crio, 'nameserver 10.96.0.11\n'],
    ['on the network of the node', mirror, 'nameserver 192.0.2.2\n'],
  ] as const)('resolv.conf of a pod: %s', (_, of, text) => {
    expect(podSection(run, of, 'resolv.conf').text).toBe(text);
  });

  test('sockets.txt has the listening sockets with PID and process', () => {
    const sockets = podSection(run, web, 'sockets.txt').text.trim().split('\n');
    expect(
      sockets
        .map(line =>
          line
            .match(/^(tcp|udp).* (\S+:\d+) +\S+:\*/)
            ?.slice(1)
            .join(' '),
        )
        .sort(),
    ).toEqual(['tcp *:8080', 'tcp 127.0.0.1:8081', 'udp 0.0.0.0:5353']);
    for (const line of sockets) expect(line).toContain(`pid=${pids['web']},`);
  });
});

/** False for a process that has ended and waits for its parent. */
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
const script = readFileSync(new URL('../../src/collect/collector.sh', import.meta.url));

describe.each(shells)('faults under $shell with $tools tools', shell => {
  const tool = (name: string, text: string) =>
    `printf '%s\\n' '#!/bin/sh' '${text}' >$container/usr/local/sbin/${name}; chmod +x $container/usr/local/sbin/${name}`;

  test('a tool that hangs is ended alone, with everything that it started', () => {
    const run = node.run('node', {
      shell,
      seconds: 1,
      prepare: tool('ipset', 'echo some; sleep 300 & echo $!; sleep 300'),
    });
    const section = run.section('ipset.save');
    expect(section.info).toMatchObject({ exitCode: 124, stderr: 'ended by netinspect after 1 s\n' });
    expect(section.text).toMatch(/^some\n\d+\n$/);
    expect(isAlive(Number(section.text.split('\n')[1]))).toBe(false);
    expect(run.complete).toBe(true);
    expect(run.section('link.json').info.exitCode).toBe(0);
  });

  test('a tool that ignores SIGTERM is killed', () => {
    const run = node.run('node', {
      shell,
      seconds: 1,
      prepare: tool('ipset', 'trap "" TERM; echo $$; while :; do sleep 300; done'),
    });
    const section = run.section('ipset.save');
    expect(section.info).toMatchObject({
      exitCode: 137,
      stderr: expect.stringContaining('ended by netinspect after 1 s\n'),
    });
    expect(isAlive(Number(section.text))).toBe(false);
  });

  test('a tool that the image lacks is exit code 127 with its words, not a hole', () => {
    const run = node.run('node', { shell, prepare: 'rm -f $container/usr/sbin/bridge $container/sbin/bridge' });
    expect(run.section('bridge.json')).toMatchObject({
      text: '',
      info: { exitCode: 127, stderr: expect.stringContaining("'bridge'") },
    });
  });

  test('what a tool writes to stderr is kept up to 4 KiB', () => {
    const run = node.run('node', { shell, prepare: tool('ipset', 'head -c 10000 /dev/zero | tr "\\\\0" x >&2') });
    expect(run.section('ipset.save').info.stderr).toBe('x'.repeat(4096));
  });

  test.each([
    ['a name that is none', pod('a;reboot', web.uid), 'not a pod\'s name: "default/a;reboot"'],
    ['a UID that is none', pod('a', '$(reboot)'), 'not a pod\'s UID: "$(reboot)"'],
    ['an address that is none', pod('a', web.uid, '10.0.0.1 -x'), 'not IP addresses: "10.0.0.1 -x"'],
  ])('%s is refused in words', (_, of, words) => {
    const run = node.run('node', { shell, pods: [of] });
    expect(run).toMatchObject({ exitCode: 2, sections: [], stderr: `netinspect-collector: ${words}\n` });
  });

  test('a script that is cut off before its end does nothing', () => {
    const run = node.run('node', { shell, input: script.subarray(0, script.lastIndexOf('\ncollect ')) });
    expect(run.sections).toEqual([]);
    expect(run.stderr).toBe('');
  });
});

describe.each(shells.filter(({ tools }) => tools !== 'busybox'))('under $shell', shell => {
  test('an image without a basic tool is refused in words', () => {
    const run = node.run('node', { shell, prepare: 'rm -f $container/usr/bin/nsenter' });
    expect(run).toMatchObject({ exitCode: 127, problem: 'the collector sent nothing' });
    expect(run.stderr).toBe(
      'netinspect-collector: the debug image lacks nsenter: name one that has them (--debug-image)\n',
    );
  });
});

describe.each(shells)('files of the host under $shell with $tools tools', shell => {
  let run: Run;
  beforeAll(() => {
    const prepare = `
      mkdir -p $host/etc/cni/net.d $host/var/lib/kubelet $host/etc/elsewhere
      echo '{"name": "k8s", "plugins": [{"type": "calico", "policy": {"k8s_auth_token": "not-for-you"}}]}' >"$host/etc/cni/net.d/10-cali co.conflist"
      echo 'token: not-for-you' >$host/etc/cni/net.d/calico-kubeconfig
      printf 'apiVersion: kubelet.config.k8s.io/v1beta1\\nkind: KubeletConfiguration\\nclusterDNS: [10.96.0.10]\\n' >$host/var/lib/kubelet/config.yaml
      mkdir -p $host/var/lib/kube-proxy; printf 'kind: Config\\nusers: [{user: {token: not-for-you}}]\\n' >$host/var/lib/kube-proxy/config.conf
      rm -f $host/etc/resolv.conf; echo 'nameserver 192.0.2.53' >$host/etc/elsewhere/resolv.conf; ln -s /etc/elsewhere/resolv.conf $host/etc/resolv.conf`;
    run = node.run('node', { shell, prepare });
  });

  test('netns.json has no command lines, which may hold secrets', () => {
    const namespaces: Record<string, unknown>[] = JSON.parse(run.section('netns.json').text).namespaces;
    expect(namespaces.length).toBeGreaterThan(0);
    expect(namespaces.filter(namespace => 'command' in namespace)).toEqual([]);
  });

  test('an absolute symbolic link is followed on the host, not in the container', () => {
    expect(run.section('resolv.conf').text).toBe('nameserver 192.0.2.53\n');
  });

  test('a CNI configuration comes without its token, under a plain name', () => {
    expect(JSON.parse(run.section('cni/10-cali_co.conflist').text).plugins[0].policy.k8s_auth_token).toBe('REDACTED');
  });

  test('no kubeconfig and no secret leaves the node', () => {
    expect(run.sections.map(({ path }) => path)).not.toContain('cni/calico-kubeconfig');
    expect(run.section('kube-proxy.yaml').info).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^no KubeProxyConfiguration in /),
    });
    expect(run.sections.filter(({ text }) => text.includes('not-for-you'))).toEqual([]);
  });

  test('the kubelet configuration of the usual place is found when no process names one', () => {
    expect(run.section('kubelet.yaml').text).toMatch(/clusterDNS/);
  });
});

const withoutReader = (...roots: string[]) =>
  roots.map(root => `rm -f $${root}/usr/sbin/iptables-legacy-save $${root}/sbin/iptables-legacy-save`).join('\n');

describe('legacy tables', () => {
  const expected = () => withoutTimes(node.sh('legacy', 'iptables-legacy-save -c'));

  test('are read by the tool of the image', () => {
    const run = node.run('legacy');
    expect(run.section('iptables-save.legacy').info).toMatchObject({ exitCode: 0, command: 'iptables-legacy-save -c' });
    expect(withoutTimes(run.section('iptables-save.legacy').text)).toBe(expected());
  });

  test('are read by the tool of the host when image and kube-proxy have none', () => {
    const section = node.run('legacy', { prepare: withoutReader('container') }).section('iptables-save.legacy');
    expect(section.info).toMatchObject({ exitCode: 0, command: 'chroot /host iptables-legacy-save -c' });
    expect(withoutTimes(section.text)).toBe(expected());
  });

  test('are said to be unread when no one has the tool', () => {
    const section = node.run('legacy', { prepare: withoutReader('container', 'host') }).section('iptables-save.legacy');
    expect(section).toMatchObject({
      text: '',
      info: {
        exitCode: 127,
        stderr: 'iptables-legacy-save: not in the debug image, the kube-proxy container or on the host\n',
      },
    });
  });

  test('are read by the tool of the kube-proxy container when only that has it', async () => {
    await node.startKubeProxy('legacy');
    const section = node.run('legacy', { prepare: withoutReader('container', 'host') }).section('iptables-save.legacy');
    expect(section.info).toMatchObject({
      exitCode: 0,
      command: expect.stringMatching(/^nsenter --mount=\/proc\/\d+\/ns\/mnt --pid=.* -- iptables-legacy-save -c$/),
    });
    expect(withoutTimes(section.text)).toBe(expected());
  });

  test('no reader has made another table', () => {
    expect(node.sh('legacy', 'cat /proc/net/ip_tables_names')).toBe('filter\n');
  });
});
