import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs as clusterNeeds, missingNeeds } from './cluster/needs.ts';
import { install, type Need } from './needs.ts';

/** A layer of the tests: a Jest project, and what it needs beyond Node. */
interface Layer {
  name: string;
  /** Needs Linux and root (namespaces, netfilter). */
  root: boolean;
  commands: readonly Need[];
  /** Arguments of a Node that makes what the tests need, and may take longer than a test may. */
  prepare?: string[];
}

/** False when the tests use the cluster of NETINSPECT_TEST_KUBECONFIG. */
const usesOwnCluster = process.env['NETINSPECT_TEST_KUBECONFIG'] === undefined;

const layers: readonly Layer[] = [
  { name: 'unit', root: false, commands: [] },
  {
    name: 'kernel',
    root: true,
    commands: [
      { command: 'ip', package: 'iproute2' },
      { command: 'nsenter', package: 'util-linux' },
      { command: 'nft', package: 'nftables' },
      { command: 'xtables-nft-multi', package: 'iptables' },
      { command: 'conntrack', package: 'conntrack' },
      { command: 'ipset', package: 'ipset' },
      { command: 'python3', package: 'python3' },
      { command: 'dash', package: 'dash' },
      { command: 'busybox', package: 'busybox' },
      { command: 'curl', package: 'curl' },
      { command: 'socat', package: 'socat' },
    ],
  },
  {
    name: 'cluster',
    root: true,
    commands: clusterNeeds,
    ...(usesOwnCluster && { prepare: ['test/cluster/cli.ts', 'build'] }),
  },
  { name: 'terminal', root: false, commands: [{ command: 'tmux', package: 'tmux' }] },
];

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Why the layer cannot run here; undefined when it can. Installs what apt can. */
function obstacle(layer: Layer): string | undefined {
  if (layer.root && process.platform !== 'linux') return 'needs Linux';
  if (layer.root && process.getuid?.() !== 0) return 'needs root (namespaces and netfilter)';
  const missing = install(layer.commands);
  if (missing.length > 0) {
    return missing.map(need => `${need.command} is missing (Debian package ${need.package})`).join(', ');
  }
  return layer.name === 'cluster' ? missingNeeds()[0] : undefined;
}

/** Runs a command with its output on ours; gives its exit code. */
function run(command: string, args: string[]): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: testEnvironment });
    child.on('error', () => resolve(127));
    child.on('close', code => resolve(code ?? 1));
  });
}

/** The tests' environment: never the user's cluster. */
const testEnvironment: NodeJS.ProcessEnv = { ...process.env, KUBECONFIG: '/dev/null' };

async function runLayer(name: string, rest: string[]): Promise<Tally> {
  const results = mkdtempSync(join(tmpdir(), 'netinspect-tests-'));
  const file = join(results, 'jest.json');
  const code = await run(process.execPath, [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    name,
    '--passWithNoTests',
    '--json',
    `--outputFile=${file}`,
    ...(name === 'unit' ? [] : ['--runInBand']),
    ...rest,
  ]);
  try {
    const summary = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    const of = (key: string) => summary[key] ?? 0;
    const failed = of('numFailedTests') + of('numRuntimeErrorTestSuites');
    return {
      passed: of('numPassedTests'),
      failed: code === 0 ? failed : Math.max(1, failed),
      skipped: of('numPendingTests') + of('numTodoTests'),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

const names = layers.map(layer => layer.name);
const [first, ...others] = process.argv.slice(2);
const chosen = first !== undefined && names.includes(first) ? layers.filter(layer => layer.name === first) : layers;
const jestArguments = chosen.length === 1 ? others : process.argv.slice(2);

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
if ((await run(process.execPath, ['krew/build.ts'])) !== 0) {
  process.stderr.write('error: the build failed\n');
  process.exit(1);
}
for (const layer of chosen) {
  const why = obstacle(layer);
  if (why !== undefined) {
    process.stderr.write(`\nSKIPPED: layer ${layer.name}: ${why}\n`);
    total.skipped += 1;
    lines.push(`${layer.name.padEnd(9)} skipped: ${why}`);
    continue;
  }
  process.stderr.write(`\n=== layer ${layer.name}\n`);
  const started = Date.now();
  const isPrepared = layer.prepare === undefined || (await run(process.execPath, layer.prepare)) === 0;
  const tally = isPrepared ? await runLayer(layer.name, jestArguments) : { passed: 0, failed: 1, skipped: 0 };
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  const seconds = Math.round((Date.now() - started) / 1000);
  lines.push(
    `${layer.name.padEnd(9)} ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped (${seconds} s)`,
  );
}
if (chosen.some(layer => layer.name === 'cluster') && usesOwnCluster) {
  spawnSync(process.execPath, ['test/cluster/cli.ts', 'down'], { stdio: ['ignore', 2, 2] });
}
process.stdout.write(`\n${lines.join('\n')}\n`);
if (process.env['CI'] === 'true' && total.skipped > 0) {
  process.stdout.write(`${total.skipped} skipped: with CI=true that is a failure\n`);
  total.failed += total.skipped;
  total.skipped = 0;
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
