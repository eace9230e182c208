/** What big rule sets cost beside the tools that print them: 10,000 services with 5 endpoints. Needs root. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, report, timed } from './report.ts';
import { iptablesServices, nftablesServices } from './rule-sets.ts';

const rounds = Number(process.argv[3] ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'netinspect-bench-'));
const netns = `ni-bench-${process.pid}`;
const inside = (...command: string[]) =>
  execa('ip', ['netns', 'exec', netns, ...command], { stdout: 'ignore', timeout: 120_000 });

/** A reader in a process of its own: what the work took inside, all of it outside, and the most memory it had. */
async function reader(kind: string, file: string): Promise<{ work: number; process: number; memory: number }> {
  let said = '';
  const whole = await timed(async () => {
    said = (await execa(process.execPath, [new URL('read-rules.ts', import.meta.url).pathname, kind, file])).stdout;
  });
  const { work, memory } = JSON.parse(said) as { work: number; memory: number };
  return { work, process: whole, memory };
}

/** A rule set as its tool prints it and as it is made, and the commands for both. */
interface Contest {
  kind: 'iptables' | 'nftables';
  printed: string;
  made: string;
  load: (file: string) => string[];
  print: string[];
}

async function run({ kind, printed, made, load, print }: Contest): Promise<void> {
  const file = join(folder, kind);
  writeFileSync(file, made);
  await inside(...load(file));
  writeFileSync(file, printed);
  const tool: number[] = [];
  const work: number[] = [];
  const whole: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round++) {
    tool.push(await timed(() => inside(...print)));
    const read = await reader(kind, file);
    work.push(read.work);
    whole.push(read.process);
    memory.push(read.memory);
  }
  const amount = `${printed.split('\n').length - 1} lines, ${(printed.length / 1e6).toFixed(0)} MB`;
  process.stdout.write(`\n${kind}: ${amount}; ${rounds} rounds, medians\n`);
  report(`tables and chains found / ${print.join(' ')}`, work, tool);
  report('the same, whole process', whole, tool);
  process.stdout.write(`${'most memory of that process'.padEnd(58)} ${median(memory).toFixed(0)} MB\n`);
}

const size = { services: 10_000, endpoints: 5 };
try {
  await execa('ip', ['netns', 'add', netns]);
  await run({
    kind: 'iptables',
    printed: iptablesServices(size, 'printed'),
    made: iptablesServices(size, 'made'),
    load: file => ['iptables-nft-restore', file],
    print: ['iptables-nft-save'],
  });
  await run({
    kind: 'nftables',
    printed: nftablesServices(size, 'printed'),
    made: nftablesServices(size, 'made'),
    load: file => ['nft', '-j', '-f', file],
    print: ['nft', '-j', 'list', 'table', 'ip', 'kube-proxy'],
  });
} finally {
  await execa('ip', ['netns', 'delete', netns], { reject: false });
  rmSync(folder, { recursive: true });
}
