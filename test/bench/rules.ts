/** What big rule sets cost beside the tools that print them: 10,000 services with 5 endpoints. Needs root. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, report, timed } from './report.ts';
import { iptablesServices } from './rule-sets.ts';

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

try {
  const file = join(folder, 'services.save');
  const size = { services: 10_000, endpoints: 5 };
  const text = iptablesServices(size, 'printed');
  writeFileSync(file, iptablesServices(size, 'made'));
  await execa('ip', ['netns', 'add', netns]);
  await inside('iptables-nft-restore', file);
  writeFileSync(file, text);
  const save: number[] = [];
  const work: number[] = [];
  const whole: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round++) {
    save.push(await timed(() => inside('iptables-nft-save')));
    const read = await reader('iptables', file);
    work.push(read.work);
    whole.push(read.process);
    memory.push(read.memory);
  }
  const amount = `${text.split('\n').length - 1} lines, ${(text.length / 1e6).toFixed(0)} MB`;
  process.stdout.write(`\n${amount}; ${rounds} rounds, medians\n`);
  report('rules read, tables and chains found / iptables-nft-save', work, save);
  report('the same, whole process', whole, save);
  process.stdout.write(`${'most memory of that process'.padEnd(58)} ${median(memory).toFixed(0)} MB\n`);
} finally {
  await execa('ip', ['netns', 'delete', netns], { reject: false });
  rmSync(folder, { recursive: true });
}
