/** What the screen costs: from a key to its frame with 230,000 rules beside 1,000, its first frame beside --help, its memory. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { median, report, timed } from './report.ts';
import { iptablesServices } from './rule-sets.ts';

const rounds = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'netinspect-bench-'));
const built = join(folder, 'program');
const program = join(built, 'kubectl-netinspect.cjs');

interface Painted {
  ms: number;
  bytes: number;
  rss: number;
}

/** The program in a terminal of 160x50. */
class Screen {
  readonly #agent: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(args: string[]) {
    const agent = fileURLToPath(new URL('painted.py', import.meta.url));
    this.#agent = spawn('python3', [agent, '160', '50', process.execPath, program, ...args]);
    this.#agent.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#agent.stdout })[Symbol.asyncIterator]();
  }

  async ask(what: { keys: string; slow?: boolean } | { until: string }): Promise<Painted> {
    this.#agent.stdin.write(`${JSON.stringify(what)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('the terminal ended');
    return JSON.parse(value) as Painted;
  }

  async close(): Promise<void> {
    this.#agent.stdin.end();
    await new Promise(resolve => this.#agent.once('close', resolve));
  }
}

/** A snapshot of one node with the rules of so many services of 5 endpoints, 17 rules each. */
function snapshot(services: number): { path: string; rules: number } {
  const path = join(folder, `services-${services}`);
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  for (const part of ['cluster', 'nodes/node1']) mkdirSync(join(path, part), { recursive: true });
  const list = (kind: string, items: object[]) => JSON.stringify({ apiVersion: 'v1', kind: `${kind}List`, items });
  const ips = (at: number) => [`10.96.${(10 + at) >> 8}.${(10 + at) & 255}`];
  const rules = iptablesServices({ services, endpoints: 5 }, 'printed');
  write('nodes/node1/iptables-save.nft', rules);
  write('snapshot.json', JSON.stringify({ schemaVersion: 1, time: '2026-11-22T00:00:00Z' }));
  write('cluster/nodes.json', list('Node', [{ metadata: { name: 'node1' }, spec: {}, status: {} }]));
  write('cluster/pods.json', list('Pod', []));
  write(
    'cluster/services.json',
    list(
      'Service',
      Array.from({ length: services }, (_, at) => ({
        metadata: { namespace: 'bench', name: `svc-${at}` },
        spec: { type: 'ClusterIP', clusterIPs: ips(at), ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
      })),
    ),
  );
  return { path, rules: rules.split('\n-A ').length - 1 };
}

/** What a user does: the keys that lead there, and those that are timed one by one. */
const jobs: readonly { what: string; go: readonly string[]; keys: readonly string[] }[] = [
  { what: 'a row down in KUBE-SERVICES', go: ['gKUBE-SERVICES\r'], keys: Array<string>(60).fill('j') },
  { what: 'a page down, and up', go: [], keys: Array.from({ length: 40 }, (_, at) => (at % 2 ? '\x02' : ' ')) },
  { what: 'a rule followed, and back', go: [], keys: Array.from({ length: 40 }, (_, at) => (at % 2 ? 'h' : 'l')) },
  { what: 'the first letter of a filter', go: ['/'], keys: ['s'] },
  { what: 'the next letters', go: [], keys: [...'vc-12'] },
  { what: 'the first letter of what is gone to', go: ['\x1b', ':'], keys: ['s'] },
  { what: 'the next letters', go: [], keys: [...'vc-123'] },
];

/** The times of each job's keys, the most memory they took, and what 10,000 more keys added to it. */
async function drive(path: string): Promise<{ times: number[][]; rss: number; grown: number }> {
  const screen = new Screen(['--from', path]);
  try {
    await screen.ask({ until: 'node1' });
    await screen.ask({ keys: 'l', slow: true });
    const times: number[][] = [];
    for (const { go, keys } of jobs) {
      for (const each of go) await screen.ask({ keys: each, slow: true });
      const own: number[] = [];
      for (const key of keys) own.push((await screen.ask({ keys: key })).ms);
      times.push(own);
    }
    let { rss } = await screen.ask({ keys: '\x1b', slow: true });
    const before = rss;
    for (let sent = 0; sent < 10_000; sent += 500) ({ rss } = await screen.ask({ keys: 'jjjjkljjhj'.repeat(50) }));
    return { times, rss: before, grown: rss - before };
  } finally {
    await screen.close();
  }
}

const p95 = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * 0.95))] ?? Number.NaN;

try {
  await execa(process.execPath, [fileURLToPath(new URL('../../krew/build.ts', import.meta.url)), built]);
  const big = snapshot(13_600);
  const small = snapshot(60);
  const help: number[] = [];
  const first: number[] = [];
  for (let round = 0; round < rounds; round++) {
    help.push(await timed(() => execa(process.execPath, [program, '--help'])));
    const screen = new Screen(['--from', 'demo']);
    first.push((await screen.ask({ until: 'node1' })).ms);
    await screen.close();
  }
  process.stdout.write(`\nscreen: 160x50; ${rounds} rounds, medians\n`);
  report('first frame of the demo / --help', first, help);
  const [much, little] = [await drive(big.path), await drive(small.path)];
  process.stdout.write(`\nfrom key to frame, p95 (median): ${big.rules} rules / ${small.rules} rules\n`);
  jobs.forEach(({ what }, at) => {
    const words = [much, little].map(({ times }) => {
      const own = times[at] ?? [];
      return `${p95(own).toFixed(1)} (${median(own).toFixed(1)})`;
    });
    process.stdout.write(`${what.padEnd(58)} ${words.join(' / ')} ms\n`);
  });
  const memory = [much, little].map(({ rss }) => rss.toFixed(0)).join(' / ');
  process.stdout.write(`${'memory after that'.padEnd(58)} ${memory} MB\n`);
  const grown = [much, little].map(each => each.grown.toFixed(0)).join(' / ');
  process.stdout.write(`${'grown over 10,000 more keys'.padEnd(58)} ${grown} MB\n`);
} finally {
  rmSync(folder, { recursive: true });
}
