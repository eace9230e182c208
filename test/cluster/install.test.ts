import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { signatureFaults, signed } from '../../krew/executable/macho.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { type BareRoot, bareRoot } from './install/bare-root.ts';
import { buildInstallTools, type InstallTools } from './install/tools.ts';

/** A release for this machine, from a web server here; the real krew in a system without Node installs it. */
let folder: string;
let server: Server;
let tools: InstallTools;
let cluster: Cluster;
let system: BareRoot;

const release = async (name: string, url: string): Promise<void> => {
  const out = join(folder, name);
  await execa(process.execPath, ['krew/release.ts', '--target', 'linux-x64', '--out', out, '--url', url]);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netinspect-install-'));
  server = createServer((request, response) => {
    createReadStream(join(folder, 'first', basename(request.url ?? '')))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  [tools, cluster] = await Promise.all([buildInstallTools(() => {}), ensureCluster()]);
  await Promise.all([release('first', url), release('again', url)]);
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, await cluster.kubectl(['config', 'view', '--raw', '--flatten']));
  system = await bareRoot(tools.root, {
    '/usr/local/bin/kubectl': cluster.kubectlPath,
    '/usr/local/bin/kubectl-krew': join(tools.krew, 'krew'),
    '/usr/local/bin/validate-krew-manifest': join(tools.krew, 'validate-krew-manifest'),
    '/root/netinspect.yaml': join(folder, 'first/netinspect.yaml'),
    '/root/.kube/config': kubeconfig,
  });
}, 600_000);

afterAll(async () => {
  await system?.remove();
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

const run = async (...argv: string[]) => {
  const { exitCode, stdout, stderr } = await system.run(argv, { KREW_DEFAULT_INDEX_URI: '/root/index' });
  return { exitCode, stdout: String(stdout), stderr: String(stderr) };
};

/** Puts a version of the manifest in the git repository that is krew's index. */
async function publish(version: string): Promise<void> {
  const manifest = await readFile(join(folder, 'first/netinspect.yaml'), 'utf8');
  const script = `mkdir -p /root/index/plugins && cd /root/index && cat > plugins/netinspect.yaml && git init -q . && git add . &&
    git -c user.name=t -c user.email=t@example.test commit -q -m release`;
  const input = manifest.replace(/^( {2}version: v).*$/m, `$1${version}`);
  const { exitCode, stderr } = await system.run(['sh', '-c', script], {}, { input });
  if (exitCode !== 0) throw new Error(String(stderr));
}

const sum = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe('the release', () => {
  test('is the same, byte for byte, when it is built twice', async () => {
    const names = (await readdir(join(folder, 'first'))).sort();
    expect(names).toHaveLength(5);
    for (const name of names)
      expect([name, await sum(join(folder, 'again', name))]).toEqual([name, await sum(join(folder, 'first', name))]);
  });

  test('has archives of 50 MB at most, and true sums', async () => {
    const lines = (await readFile(join(folder, 'first/SHA256SUMS'), 'utf8')).trim().split('\n');
    expect(lines.map(line => line.split('  ')[1])).toEqual([
      expect.stringMatching(/^kubectl-netinspect_v.*_linux_amd64\.tar\.gz$/),
      expect.stringMatching(/^kubectl-netinspect-.*\.tgz$/),
      expect.stringMatching(/\.cdx\.json$/),
    ]);
    for (const line of lines) {
      const [hash, name = ''] = line.split('  ');
      expect([name, await sum(join(folder, 'first', name))]).toEqual([name, hash]);
      expect((await readFile(join(folder, 'first', name))).length).toBeLessThan(50_000_000);
    }
  });

  test('has an npm package that needs no other', async () => {
    const [name = ''] = (await readdir(join(folder, 'first'))).filter(each => each.endsWith('.tgz'));
    const prefix = join(folder, 'npm');
    await execa('npm', ['install', '--global', '--offline', '--prefix', prefix, join(folder, 'first', name)]);
    const args = ['pod', 'shop/web-0', '--from', 'demo', '-o', 'json'];
    const { stdout, stderr } = await execa(join(prefix, 'bin/kubectl-netinspect'), args);
    expect([JSON.parse(stdout), stderr]).toEqual([expect.objectContaining({ kind: 'PodReport' }), '']);
    expect(await readdir(join(prefix, 'lib/node_modules'))).toEqual(['kubectl-netinspect']);
  });

  test("passes krew's own validation", async () => {
    const { exitCode, stderr } = await run('validate-krew-manifest', '-manifest', '/root/netinspect.yaml');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('all spec.platform[] items are used')]);
    expect(stderr).toContain('installing spec.platform[0]');
  });
});

test('the workflow files that test and release it have no faults', async () => {
  const { exitCode, stdout } = await execa(tools.actionlint, ['-no-color'], { reject: false });
  expect([exitCode, stdout]).toEqual([0, '']);
});

describe('the signature of a macOS executable', () => {
  const machO = (arch: string): Promise<Buffer> => readFile(join(tools.machO, `darwin-${arch}`));

  test("of Go's linker holds, and so does ours in its place", async () => {
    expect(signatureFaults(await machO('arm64'))).toEqual([]);
    expect(signatureFaults(signed(await machO('arm64'), 'kubectl-netinspect'))).toEqual([]);
  });

  test('is put on a file that has none', async () => {
    expect(signatureFaults(await machO('amd64'))).toEqual(['it has no signature']);
    expect(signatureFaults(signed(await machO('amd64'), 'kubectl-netinspect'))).toEqual([]);
  });

  test('does not hold for a changed file', async () => {
    const file = await machO('arm64');
    file[5000] = (file[5000] ?? 0) ^ 1;
    expect(signatureFaults(file)).toEqual(['1 pages have another hash']);
  });
});

describe('krew on a system with kubectl and git and nothing else', () => {
  test('has no Node and no npm', async () => {
    expect((await run('sh', '-c', 'command -v node npm')).stdout).toBe('');
  });

  test('installs it from its index', async () => {
    await publish('0.1.0');
    const { exitCode, stderr } = await run('kubectl', 'krew', 'install', 'netinspect');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('Installed plugin: netinspect')]);
    expect(stderr).toContain('kubectl netinspect completion kubectl --install');
  });

  test('then kubectl runs it on the demo as Node runs the bundle', async () => {
    const args = ['pod', 'shop/web-0', '--from', 'demo', '-o', 'json'];
    const { exitCode, stdout, stderr } = await run('kubectl', 'netinspect', ...args);
    expect([exitCode, stderr]).toEqual([0, '']);
    const bundled = spawnSync(process.execPath, ['dist/kubectl-netinspect.cjs', ...args], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(bundled.stdout));
  });

  test('and on the cluster', async () => {
    const { exitCode, stdout, stderr } = await run('kubectl', 'netinspect', 'pod', 'shop/web-0', '-o', 'json');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'PodReport', pod: { namespace: 'shop', name: 'web-0' } });
  });

  test('and opens its screen', async () => {
    const command = 'stty rows 24 cols 80; kubectl netinspect --from demo';
    const { exitCode, stdout } = await system.run(
      ['script', '-qec', command, '/dev/null'],
      { TERM: 'xterm-256color' },
      { input: 'q' },
    );
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('node1')]);
  });

  test('kubectl completes its words, once told how', async () => {
    const installed = await run('kubectl', 'netinspect', 'completion', 'kubectl', '--install');
    expect([installed.exitCode, installed.stdout]).toEqual([
      0,
      expect.stringContaining('/root/.krew/bin/kubectl_complete-netinspect\n'),
    ]);
    const { stdout } = await run('kubectl', '__complete', 'netinspect', 'pod', '-n', 'shop', 'web-');
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['web-0', ':4']));
  });

  test('upgrades it', async () => {
    await publish('0.1.1');
    const { exitCode, stderr } = await run('kubectl', 'krew', 'upgrade', 'netinspect');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('Upgraded plugin: netinspect')]);
    expect((await run('kubectl', 'krew', 'list')).stdout).toMatch(/netinspect +v0\.1\.1|^netinspect$/m);
  });

  test('uninstalls it', async () => {
    expect((await run('kubectl', 'krew', 'uninstall', 'netinspect')).exitCode).toBe(0);
    expect((await run('kubectl', 'netinspect', 'version')).stderr).toContain('unknown command "netinspect"');
  });
});
