import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';
import { sideBySide } from './side-by-side.ts';
import { netnsInode, taskPids } from './truth.ts';

/** `exec` and `debug` on the real cluster: where what they run is, what it is given, and that nothing of it is left. */

const namespace = 'netinspect-session';
const nodes = ['node1', 'node2', 'node3'];

let cluster: Cluster;
let plugin: { path: string; remove: () => void };

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  await cluster.kubectl(
    ['apply', '--filename=-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
  );
});

afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  plugin?.remove();
});

const words = (args: string[]) => {
  const at = args.indexOf('--');
  const flags = [`--debug-namespace=${namespace}`];
  return at < 0 ? [...args, ...flags] : [...args.slice(0, at), ...flags, ...args.slice(at)];
};
const run = (...args: string[]) => netinspect(cluster, plugin.path, words(args));
const onNode = async (node: string, argv: string[]) => (await cluster.nodeExec(node, argv)).stdout;

interface ApiPod {
  metadata: { name: string; deletionTimestamp?: string };
  status: { phase: string; containerStatuses: { containerID: string }[] };
}

/** The inode of the pod's network namespace, by containerd's own list of processes. */
async function inodeOf(pod: string, node: string): Promise<number> {
  const { status } = await cluster.getJson<ApiPod>('pod', pod, '--namespace=shop');
  const id = status.containerStatuses[0]?.containerID.replace(/^.*:\/\//, '') ?? '';
  return netnsInode(onNode, node, (await taskPids(onNode, node)).get(id) ?? 0);
}

/** How many processes on this machine (the nodes are namespaces of it) have the words in their command line. */
async function processesWith(text: string): Promise<number> {
  const { stdout } = await execa('pgrep', ['-fc', '--', text], { reject: false });
  return Number(stdout);
}

async function until(what: () => Promise<boolean>, seconds: number): Promise<boolean> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    if (await what()) return true;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  return false;
}

const podsLeft = async () =>
  (await cluster.getJson<{ items: ApiPod[] }>('pods', `--namespace=${namespace}`)).items.filter(
    pod => pod.metadata.deletionTimestamp === undefined && !['Succeeded', 'Failed'].includes(pod.status.phase),
  ).length;

describe('exec runs in the network namespace', () => {
  const cases = [
    ...nodes.map(node => [`of a pod on ${node} whose image has no shell`, `shop/plain-${node}`, node] as const),
    ['of a node', 'node/node2', 'node2'],
    ["of the node, for a pod that is on the node's network", 'shop/host-network-node2', 'node2'],
  ] as const;
  const printed = new Map<string, Promise<string>>();

  beforeAll(async () => {
    for (const [, name] of cases)
      printed.set(
        name,
        run('exec', name, '--', 'readlink', '/proc/self/ns/net').then(({ stdout }) => stdout),
      );
    await Promise.all(printed.values());
  });

  test.each(cases)('%s', async (_title, name, node) => {
    const ofPod = /^shop\/((?!host-network).*)$/.exec(name)?.[1];
    const inode = ofPod === undefined ? await netnsInode(onNode, node, 1) : await inodeOf(ofPod, node);
    expect(await printed.get(name)).toBe(`net:[${inode}]`);
  });
});

describe('side by side', () => {
  sideBySide({
    'arguments, stdin, stdout, stderr and the exit code pass as they are': async () => {
      const child = run(
        'exec',
        '-i',
        'shop/web-0',
        '--',
        'sh',
        '-c',
        'cat; echo "$1" >&2; exit 7',
        'sh',
        "a 'b' $(id)",
      );
      child.stdin?.end('one\ntwo');
      expect(await child).toMatchObject({ exitCode: 7, stdout: 'one\ntwo', stderr: "a 'b' $(id)" });
    },
    "-c gives a container's environment and the way to its files": async () => {
      const script = 'echo "$KUBERNETES_SERVICE_HOST"; ls "$CONTAINER_ROOT"';
      const { stdout, exitCode } = await run(
        'exec',
        'shop/two-containers-node1',
        '-c',
        'admin',
        '--',
        'sh',
        '-c',
        script,
      );
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^10\.96\.0\.1$/m);
      expect(stdout).toMatch(/^web$/m);
    },
    'a command that its deadline ends leaves no process': async () => {
      const seconds = String(100_000 + Math.floor(Math.random() * 800_000));
      const { exitCode } = await run('exec', 'shop/web-1', '--duration=1s', '--', 'sleep', seconds);
      expect([124, 143]).toContain(exitCode);
      expect(await until(async () => (await processesWith(seconds)) === 0, 5)).toBe(true);
    },
    'debug takes the tools of another image': async () => {
      const { exitCode, stderr } = await run('debug', 'node/node3', '--image=example.test/none:1');
      expect([exitCode, stderr]).toEqual([3, expect.stringContaining('cannot get the image example.test/none:1')]);
    },

    'debug without a terminal runs what stdin says': async () => {
      const child = run('debug', 'node/node3');
      child.stdin?.end('readlink /proc/self/ns/net; exit 3\n');
      expect(await child).toMatchObject({
        exitCode: 3,
        stdout: `net:[${await netnsInode(onNode, 'node3', 1)}]`,
      });
    },
  });
});

describe('in words is refused', () => {
  const cases = [
    ['a pod that is not there', ['shop/nobody'], 3, 'pod nobody not found in namespace shop'],
    ['a container that is not there', ['shop/web-0', '-c', 'nobody'], 2, 'it has: web'],
    ['a service', ['svc/shop/web'], 2, 'nothing can be run in service web'],
    ['an address that no pod has', ['192.0.2.1'], 2, 'no running pod has the address 192.0.2.1'],
  ] as const;
  const answers = new Map<readonly string[], { exitCode?: number | undefined; stderr: string }>();
  beforeAll(async () => {
    await Promise.all(cases.map(async ([, args]) => answers.set(args, await run('exec', ...args, '--', 'true'))));
  });

  test.each(cases)('%s', (_name, args, code, said) => {
    expect(answers.get(args)).toMatchObject({ exitCode: code, stderr: expect.stringContaining(said) });
  });
});

describe('a command that is ended', () => {
  test('in a kept pod leaves the pod, and no process', async () => {
    const seconds = String(100_000 + Math.floor(Math.random() * 800_000));
    await run('exec', 'shop/web-2', '--keep=2m', '--', 'true');
    expect(await podsLeft()).toBe(1);
    const script = ['-i', '--', 'sh', '-c', 'echo ready; sleep "$0"', seconds];
    const child = netinspect(
      cluster,
      plugin.path,
      ['exec', 'shop/web-2', `--debug-namespace=${namespace}`, ...script],
      {},
      { detached: true },
    );
    for await (const line of child.iterable()) {
      expect(line).toBe('ready');
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    }
    await child;
    expect(await until(async () => (await processesWith(seconds)) === 0, 10)).toBe(true);
    expect(await podsLeft()).toBe(1);
  });
});

describe('debug', () => {
  test('on a terminal is a shell whose prompt says where one is; its exit code is passed on, and nothing is left', async () => {
    const before = await podsLeft();
    const command = [
      `${plugin.path}/kubectl-netinspect`,
      'debug',
      'shop/client-node2',
      `--debug-namespace=${namespace}`,
    ];
    const child = execa('script', ['--quiet', '--return', '--flush', '--command', command.join(' '), '/dev/null'], {
      reject: false,
      timeout: 40_000,
      env: {
        KUBECONFIG: cluster.kubeconfig,
        KUBECTL_PATH: cluster.kubectlPath,
        PATH: `${process.execPath.replace(/\/node$/, '')}:${process.env['PATH']}`,
      },
    });
    const inode = await inodeOf('client-node2', 'node2');
    let screen = '';
    let asked = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
      if (asked === 0 && screen.includes(' # ')) {
        asked = 1;
        child.stdin.write('readlink /proc/self/ns/net\r');
      }
      if (asked === 1 && /net:\[\d+\]/.test(screen)) {
        asked = 2;
        child.stdin.write('exit 5\r');
      }
    });
    const { exitCode } = await child;
    expect(screen).toContain('in the network of pod shop/client-node2 on node2, with the tools of ');
    expect(screen).toContain('[shop/client-node2 on node2] / # ');
    expect(screen).toContain(`net:[${inode}]`);
    expect(exitCode).toBe(5);
    expect(await podsLeft()).toBe(before);
  });
});
