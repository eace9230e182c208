/** How many packets a second `trace --packets` answers, through the rules of 10,000 services with 5 endpoints. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { median, timed } from './report.ts';
import { iptablesServices } from './rule-sets.ts';

const rounds = Number(process.argv[3] ?? 3);
const packets = 100_000;
const services = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'netinspect-bench-'));

/** A packet a line, to every service in turn, from many clients. */
function packetLines(): string {
  return Array.from({ length: packets }, (_, at) => {
    const service = 10 + ((at * 7919) % services);
    const destination = `10.96.${service >> 8}.${service & 255}`;
    const source = `10.128.${at % 251}.${at % 241}`;
    return `${JSON.stringify({ source, destination, protocol: 'tcp', port: 80, sourcePort: 1024 + (at % 60_000) })}\n`;
  }).join('');
}

try {
  const rules = join(folder, 'services.save');
  const file = join(folder, 'packets.jsonl');
  writeFileSync(rules, iptablesServices({ services, endpoints: 5 }, 'printed'));
  writeFileSync(file, packetLines());
  const program = new URL('../../dist/kubectl-netinspect.cjs', import.meta.url).pathname;
  const run = (input: string) =>
    timed(() =>
      execa(process.execPath, [program, 'trace', '--rules', rules, '--packets', input, '-o', 'json'], {
        stdout: 'ignore',
      }),
    );
  await execa(process.execPath, [new URL('../../krew/build.ts', import.meta.url).pathname]);
  const empty = join(folder, 'none.jsonl');
  writeFileSync(empty, '');
  const start: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < rounds; round++) {
    start.push(await run(empty));
    whole.push(await run(file));
  }
  const rate = (ms: number) => Math.round((packets * 1000) / ms).toLocaleString('en');
  process.stdout.write(`\n${packets.toLocaleString('en')} packets, ${rounds} rounds, medians\n`);
  process.stdout.write(`${'packets a second, in all'.padEnd(58)} ${rate(median(whole))}\n`);
  process.stdout.write(
    `${'the same, without start and reading the rules'.padEnd(58)} ${rate(median(whole) - median(start))}\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
