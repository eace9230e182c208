import type { Shot } from './generate/packets.ts';
import { type Program, ruleCount, without } from './generate/rule-lines.ts';
import { type Disagreement, type Judgement, judge } from './judge.ts';
import type { Testbed } from './testbed.ts';

/** The least that still disagrees. */
export interface Shrunk {
  programs: readonly Program[];
  shots: readonly Shot[];
  judgement: Judgement;
}

/**
 * Takes away packets and rules while a disagreement of the same kind stays (delta debugging, Zeller 2002, with halving
 * chunks). Gives null when it cannot be seen again.
 */
export async function shrink(
  testbed: Testbed,
  programs: readonly Program[],
  shots: readonly Shot[],
  kind: Disagreement['what'],
): Promise<Shrunk | null> {
  const trial = async (tried: readonly Program[], sent: readonly Shot[]): Promise<Judgement | null> => {
    try {
      const judgement = await judge(testbed, tried, sent, kind === 'counters');
      return judgement.disagreements.some(({ found }) => found.what === kind) ? judgement : null;
    } catch {
      return null;
    }
  };
  let left = shots;
  while (left.length > 1) {
    const half = Math.ceil(left.length / 2);
    const parts = [left.slice(0, half), left.slice(half)];
    const first = (await trial(programs, parts[0] ?? [])) !== null;
    const next = first ? parts[0] : (await trial(programs, parts[1] ?? [])) !== null ? parts[1] : undefined;
    if (next === undefined) break;
    left = next;
  }
  const judgement = await trial(programs, left);
  if (judgement === null) return null;
  let best: Shrunk = { programs, shots: left, judgement };
  for (let chunk = total(programs); chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let start = 0; start < total(best.programs); ) {
      const smaller = dropping(best.programs, start, chunk);
      const seen = await trial(smaller, left);
      if (seen === null) start += chunk;
      else best = { programs: smaller, shots: left, judgement: seen };
    }
  }
  return best;
}

const total = (programs: readonly Program[]): number => programs.reduce((sum, program) => sum + ruleCount(program), 0);

/** Programs without `count` rules from the `start`th on, counted over all. */
function dropping(programs: readonly Program[], start: number, count: number): Program[] {
  let before = 0;
  return programs.map(program => {
    const offset = before;
    before += ruleCount(program);
    return without(program, index => index + offset < start || index + offset >= start + count);
  });
}
