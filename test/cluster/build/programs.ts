import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { sourcePath } from '../paths.ts';
import type { Say } from '../say.ts';
import { cached, contentHash, fileHashes } from './cache.ts';

const source = sourcePath('programs');
const containerd = 'github.com/containerd/containerd/v2';
const flannel = 'github.com/flannel-io/flannel';
const cniPlugins = 'github.com/containernetworking/plugins';

/** The multi-call binary programs/cmd/kube is each of these, by the name it is called as. */
const kubeNames = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'etcd',
];

interface Program {
  /** Path in the programs' folder. */
  out: string;
  package: string;
  ldflags?: string;
  cgo?: boolean;
}

/**
 * Builds every program of the cluster from Go modules (cold six minutes on two cores, mostly Kubernetes) and gives their folder:
 * the components, containerd, CoreDNS, flanneld, pause and web, and the CNI plugins in `cni/`.
 */
export async function buildPrograms(say: Say): Promise<string> {
  const goVersion = (await execa('go', ['env', 'GOVERSION', 'GOARCH'], { cwd: source })).stdout;
  const programs = list(await readFile(join(source, 'go.mod'), 'utf8'));
  const hash = contentHash([goVersion, programs, await fileHashes(source)]);
  return cached('programs', hash, say, async dir => {
    for (const program of programs) {
      say(`  go build ${program.out}`);
      const env = { CGO_ENABLED: program.cgo ? '1' : '0', GOFLAGS: '-mod=readonly -buildvcs=false -trimpath' };
      const args = [
        'build',
        '-ldflags',
        `-s -w ${program.ldflags ?? ''}`,
        '-o',
        join(dir, program.out),
        program.package,
      ];
      await execa('go', args, { cwd: source, env });
    }
    // The plugin left containernetworking/plugins after v0.9.1, and its new home is not to be had from the module proxy.
    const env = { CGO_ENABLED: '0', GOFLAGS: '-trimpath', GOBIN: join(dir, 'cni') };
    await execa('go', ['install', `${cniPlugins}/plugins/meta/flannel@v0.9.1`], { cwd: '/', env });
    for (const name of kubeNames) await symlink('kube', join(dir, name));
  });
}

function list(goMod: string): Program[] {
  const kubernetes = moduleVersion(goMod, 'k8s.io/kubernetes');
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetes) ?? [];
  const kubeFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(at => [
    `-X ${at}.gitVersion=${kubernetes}`,
    `-X ${at}.gitMajor=${major}`,
    `-X ${at}.gitMinor=${minor}`,
    `-X ${at}.gitTreeState=clean`,
  ]);
  const containerdFlags = `-X ${containerd}/version.Version=${moduleVersion(goMod, containerd)}`;
  return [
    { out: 'kube', package: './cmd/kube', ldflags: kubeFlags.join(' ') },
    ...['containerd', 'containerd-shim-runc-v2', 'ctr'].map(name => ({
      out: name,
      package: `${containerd}/cmd/${name}`,
      ldflags: containerdFlags,
    })),
    ...['coredns', 'pause', 'web'].map(name => ({ out: name, package: `./cmd/${name}` })),
    {
      out: 'flanneld',
      package: flannel,
      // its udp backend needs cgo; static, since it runs on nodes and in a virtual machine alike
      cgo: true,
      ldflags: `-linkmode external -extldflags -static -X ${flannel}/pkg/version.Version=${moduleVersion(goMod, flannel)}`,
    },
    ...['main/bridge', 'main/ptp', 'main/loopback', 'ipam/host-local', 'meta/portmap'].map(plugin => ({
      out: `cni/${plugin.split('/')[1]}`,
      package: `${cniPlugins}/plugins/${plugin}`,
    })),
  ];
}

/** The version that go.mod requires of a module. */
function moduleVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find(each => each.trim().startsWith(`${module} `));
  const version = line?.trim().split(/\s+/)[1];
  if (!version) throw new Error(`test/cluster/programs/go.mod does not require ${module}`);
  return version;
}
