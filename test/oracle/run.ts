import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packetInput } from './agree.ts';
import { render } from './generate/rule-lines.ts';
import { type Backend, backends, type Scenario, scenario } from './generate/scenario.ts';
import { type Disagreement, type Judgement, judge } from './judge.ts';
import { shrink } from './shrink.ts';
import { Testbed } from './testbed.ts';
import { filtered } from './topology.ts';

const usage = `npm run oracle -- [--seed N] [--count PACKETS] [--packets-per-set N] [--backend ${backends.join('|')}] [--rp-filter 0|1|2] [--no-shrink]
Rule sets of seeds N, N+1, … are loaded into the kernel and PACKETS packets sent; what becomes of each must be what the trace says.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '2000' },
    'packets-per-set': { type: 'string', default: '100' },
    backend: { type: 'string' },
    'rp-filter': { type: 'string', default: '0' },
    'no-shrink': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** A whole number of the command line. */
function whole(name: 'seed' | 'count' | 'packets-per-set'): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} wants a whole number: ${values[name]}`);
  return number;
}

function backendOf(seed: number): Backend {
  const given = backends.find(backend => backend === values.backend);
  if (given === undefined && values.backend !== undefined) throw new Error(`no backend ${values.backend}`);
  return given ?? backends[seed % backends.length] ?? 'legacy';
}

/** Writes what a disagreement needs to be seen again without the kernel: the files, the packet, both answers. */
function keep(folder: string, name: string, one: Scenario, judgement: Judgement, found: Disagreement): void {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const file of judgement.files) writeFileSync(join(place, file.name), file.text);
  for (const [index, program] of one.programs.entries()) {
    writeFileSync(join(place, `program-${index}.${program.loader}`), render(program));
  }
  writeFileSync(join(place, 'packets.jsonl'), one.shots.map(shot => `${JSON.stringify(packetInput(shot))}\n`).join(''));
  writeFileSync(join(place, 'disagreement.json'), `${JSON.stringify(found, null, 2)}\n`);
}

async function main(): Promise<number> {
  const count = whole('count');
  const perSet = whole('packets-per-set');
  const folder = mkdtempSync(join(tmpdir(), 'netinspect-oracle-'));
  const testbed = new Testbed(filtered(Number(values['rp-filter'])));
  await testbed.open();
  const sums = {
    packets: 0,
    sets: 0,
    unknown: 0,
    several: 0,
    answers: 0,
    counted: 0,
    opaque: 0,
    refused: 0,
    disagreements: 0,
  };
  const started = Date.now();
  try {
    for (let seed = whole('seed'); sums.packets < count; seed++) {
      const backend = backendOf(seed);
      const one = scenario(seed, backend, Math.min(perSet, count - sums.packets));
      const judgement = await judge(testbed, one.programs, one.shots, one.countable);
      sums.sets += 1;
      sums.refused += judgement.refused.length;
      for (const key of ['packets', 'unknown', 'several', 'answers', 'counted', 'opaque'] as const)
        sums[key] += judgement[key];
      sums.disagreements += judgement.disagreements.length;
      const [first] = judgement.disagreements;
      if (first === undefined) continue;
      process.stdout.write(
        `seed ${seed} ${backend} IPv${one.family}: ${judgement.disagreements.length} ${first.found.what}\n`,
      );
      const small = values['no-shrink']
        ? null
        : await shrink(
            testbed,
            one.programs,
            first.shot === null || first.found.what === 'answer' ? one.shots : [first.shot],
            first.found.what,
          );
      const found =
        small?.judgement.disagreements.find(({ found: { what } }) => what === first.found.what)?.found ?? first.found;
      keep(folder, `${seed}-${backend}`, { ...one, ...(small ?? {}) }, small?.judgement ?? judgement, found);
      process.stdout.write(`  ${join(folder, `${seed}-${backend}`)}${small === null ? ' (not shrunk)' : ''}\n`);
    }
  } finally {
    await testbed.close();
  }
  const seconds = (Date.now() - started) / 1000;
  process.stdout.write(`${JSON.stringify({ seed: whole('seed'), ...sums, seconds })}\n`);
  return sums.disagreements === 0 ? 0 : 1;
}

if (values.help) process.stdout.write(`${usage}\n`);
else process.exitCode = await main();
