import { beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { cgroupPids, controlCgroup } from './boot/cgroups.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { sourcePath } from './paths.ts';
import { kubeProxyImage, nodes, type ProxyMode, toolImage } from './plan.ts';

/** The specification of our own cluster: another one is not what it describes. */
const isOurs = process.env['NETINSPECT_TEST_KUBECONFIG'] === undefined;
const suite = isOurs ? describe : describe.skip;

const runCli = (...args: string[]) => execa(process.execPath, [sourcePath('cli.ts'), ...args], { reject: false });

let cluster: Cluster;
let services: Record<string, { clusterIPs: string[] }>;

beforeAll(async () => {
  if (!isOurs) return;
  cluster = await ensureCluster();
  const { items } = await cluster.getJson<{ items: { metadata: { name: string }; spec: { clusterIPs: string[] } }[] }>(
    'services',
    '--namespace=shop',
  );
  services = Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec]));
}, 900_000);

const host = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip);

/** Answers of `count` requests from the node, failures as curl's own words. */
async function curl(node: string, url: string, count = 1): Promise<string[]> {
  const urls = Array.from({ length: count }, () => url);
  const { stdout, stderr, exitCode } = await cluster.nodeExec(node, ['curl', '-sSfm5', '-HConnection: close', ...urls]);
  return exitCode === 0 ? stdout.trim().split('\n') : [stderr.trim()];
}

suite('the command line', () => {
  test('status names every node and its mode, exit code 0', async () => {
    const { stdout, exitCode } = await runCli('status');
    expect(exitCode).toBe(0);
    for (const { name, proxyMode } of nodes) {
      expect(stdout).toMatch(new RegExp(`^${name}  Kubernetes v1\\.36\\.3  kube-proxy ${proxyMode} `, 'm'));
    }
  });

  test('up on a running cluster changes nothing and says so', async () => {
    const before = cgroupPids(controlCgroup);
    const { stdout, exitCode } = await runCli('up');
    expect({ stdout: stdout.split('\n')[0], exitCode }).toEqual({
      stdout: `already up: KUBECONFIG=${cluster.kubeconfig}`,
      exitCode: 0,
    });
    expect(cgroupPids(controlCgroup)).toEqual(before);
  });

  test('a wrong word is refused with the right ones', async () => {
    const { stderr, exitCode } = await runCli('start');
    expect({ stderr, exitCode }).toEqual({
      stderr: 'usage: node test/cluster/cli.ts build|up|down|status',
      exitCode: 2,
    });
  });
});

suite.each(nodes)('$name ($proxyMode, $cni)', ({ name, proxyMode, cni, ip4, ip6 }) => {
  test.each([0, 1])('the ClusterIP of family %i leads to every replica', async family => {
    const ip = services['web']?.clusterIPs[family] ?? '';
    const answers = await curl(name, `http://${host(ip)}/`, 40);
    expect(answers.filter(answer => !answer.startsWith('web-'))).toEqual([]);
    expect(new Set(answers).size).toBe(3);
  });

  test.each([ip4, ip6])('the node port answers on %s', async ip => {
    expect(await curl(name === 'node1' ? 'node2' : 'node1', `http://${host(ip)}:30080/`)).toEqual([
      expect.stringMatching(/^web-/),
    ]);
  });

  test('a pod resolves a service name in both families and reaches it', async () => {
    const pod = ['exec', `client-${name}`, '--namespace=shop', '--'];
    const dig = await cluster.kubectl([...pod, 'dig', '+short', '+search', 'web', 'A', 'web', 'AAAA']);
    expect(dig.trim().split('\n')).toEqual(services['web']?.clusterIPs);
    expect(await cluster.kubectl([...pod, 'curl', '-sSfm5', 'http://web/'])).toMatch(/^web-/);
  });

  test('UDP is answered', async () => {
    const ip = services['echo']?.clusterIPs[0] ?? '';
    const { stdout } = await cluster.nodeExec(name, [
      'bash',
      '-c',
      'exec 3<>"/dev/udp/$1/7"; echo >&3; head -n1 <&3',
      'bash',
      ip,
    ]);
    expect(stdout).toMatch(/^web-/);
  });

  test('only its own backend holds the rules of kube-proxy', async () => {
    const count = async (...argv: string[]) =>
      (await cluster.nodeExec(name, argv)).stdout.match(/KUBE-SVC-|chain service-/g)?.length ?? 0;
    const legacyTables = (await cluster.nodeExec(name, ['cat', '/proc/net/ip_tables_names'])).stdout;
    const found: Record<ProxyMode, boolean> = {
      'iptables-nft': (await count('iptables-nft-save')) > 0,
      'iptables-legacy': legacyTables.includes('nat') && (await count('iptables-legacy-save')) > 0,
      nftables: (await count('nft', 'list', 'table', 'ip', 'kube-proxy')) > 0,
    };
    const wanted = { 'iptables-nft': false, 'iptables-legacy': false, nftables: false, [proxyMode]: true };
    expect(found).toEqual(wanted);
  });

  test('its pods hang on a bridge or are routed, as planned', async () => {
    const links = JSON.parse((await cluster.nodeExec(name, ['ip', '-j', 'link', 'show', 'type', 'veth'])).stdout) as {
      master?: string;
      ifname: string;
    }[];
    const masters = new Set(links.filter(({ ifname }) => ifname !== 'eth0').map(({ master }) => master ?? 'none'));
    expect([...masters]).toEqual([cni === 'bridge' ? 'cni0' : 'none']);
  });

  test('kube-proxy is a pod, from an image with no shell and no conntrack', async () => {
    const { items } = await cluster.getJson<{ items: { spec: { containers: { image: string }[] } }[] }>(
      ...['pods', '--namespace=kube-system', '--selector=k8s-app=kube-proxy', `--field-selector=spec.nodeName=${name}`],
    );
    expect(items.map(({ spec }) => spec.containers[0]?.image)).toEqual([kubeProxyImage(proxyMode)]);
    expect(await programsIn(name, kubeProxyImage(proxyMode), /\/(sh|bash|dash|busybox|conntrack)$/)).toEqual([]);
  });

  test('the tool image is there, with busybox as sh and without iptables-legacy', async () => {
    expect(await programsIn(name, toolImage, /legacy/)).toEqual([]);
    const sh = ['exec', `client-${name}`, '--namespace=shop', '--', 'sh', '-c', 'readlink "$(command -v sh)"; ip -V'];
    expect(await cluster.kubectl(sh)).toMatch(/^\/bin\/busybox\nip utility, iproute2/);
  });
});

/** Paths that match, in an image as the node's containerd has it. */
async function programsIn(node: string, image: string, pattern: RegExp): Promise<string[]> {
  const script =
    'd=$(mktemp -d) && ctr -n k8s.io images mount "$1" "$d" >/dev/null && (cd "$d" && find . -path "*bin/*"); ctr -n k8s.io images unmount --rm "$d" >/dev/null; rmdir "$d"';
  const { stdout, stderr } = await cluster.nodeExec(node, ['sh', '-c', script, 'sh', image]);
  const paths = stdout.trim().split('\n');
  if (paths.length < 2) throw new Error(`${image} on ${node}: ${stderr}`);
  return paths.filter(path => pattern.test(path));
}

// A full node and one without its kubelet: failures.test.ts.
suite('faults that tests call for', () => {
  test('an image that nobody has is not found; one that only the registry has is pulled', async () => {
    const pull = async (image: string) =>
      (
        await cluster.nodeExec('node1', [
          'ctr',
          '-n',
          'k8s.io',
          'images',
          'pull',
          '--local',
          '--hosts-dir',
          '/etc/containerd/certs.d',
          image,
        ])
      ).exitCode;
    expect(await pull('docker.io/nicolaka/netshoot:no-such-tag')).not.toBe(0);
    expect(await pull('docker.io/nicolaka/netshoot:pull-me')).toBe(0);
    await cluster.nodeExec('node1', ['ctr', '-n', 'k8s.io', 'images', 'rm', 'docker.io/nicolaka/netshoot:pull-me']);
  });
});
