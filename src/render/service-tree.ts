import type { RuleBranch, Target } from '../model/service-report.ts';
import { cell, hanging, type Layout } from './layout.ts';
import { endpoint } from './words.ts';

/** A share as people read it: `33.3 %`, or a sign that it is not known. */
export function percent(share: number | null): string {
  if (share === null) return '? %';
  const value = Math.round(share * 1000) / 10;
  return `${value === 0 && share > 0 ? '<0.1' : value} %`;
}

/**
 * The rules to a front end, a line a rule, those that only lead on joined to a path. `shown` has the chains that were drawn
 * already: they are named, not drawn again.
 */
export function branchLines(branches: readonly RuleBranch[], shown: Set<string>, layout: Layout): string[] {
  return siblings(branches, shown, '    ', true, layout);
}

function siblings(
  branches: readonly RuleBranch[],
  shown: Set<string>,
  indent: string,
  root: boolean,
  layout: Layout,
): string[] {
  const split = branches.some(({ chance }) => chance !== null);
  return branches.flatMap(branch => {
    const { path, last } = pathOf(branch, shown);
    const head = root ? `${branch.table ?? ''} ${branch.chain} `.trimStart() : '';
    const odds = split && branch.effect.kind !== 'masquerade-mark' ? `${percent(branch.share).padStart(6)}  ` : '';
    const otherwise = split && branch.chance === null && branch.when.length === 0 ? 'otherwise' : '';
    const words = [odds, head, asking(branch, otherwise), path.join(' '), counterWords(last)].join('');
    const text = branch.effect.kind === 'masquerade-mark' ? cell(words, 'label') : words;
    const below = last.branches.length > 0 && !isDrawn(last, shown);
    if (below) shown.add(wayKey(last));
    return [
      ...hanging(indent, text, layout),
      ...rawLines(branch, indent, layout),
      ...(below ? siblings(last.branches, shown, `${indent}  `, false, layout) : []),
    ];
  });
}

/** Follows rules as long as just one leads on without asking for anything; marks of an endpoint's chain say nothing here. */
function pathOf(branch: RuleBranch, shown: ReadonlySet<string>): { path: string[]; last: RuleBranch } {
  const path = [effectWords(branch)];
  let last = branch;
  while (!isDrawn(last, shown)) {
    const [next, more] = last.branches.filter(
      ({ effect, when }) => effect.kind !== 'masquerade-mark' || when.length === 0,
    );
    if (next === undefined || more !== undefined || next.when.length > 0 || next.chance !== null) break;
    const marks = last.branches.length > 1;
    if (marks && next.effect.kind !== 'endpoint') break;
    path.push(effectWords(next));
    last = next;
  }
  if (last.branches.length > 0 && isDrawn(last, shown)) path.push('(above)');
  return { path, last };
}

/** Tells branches apart by where they lead and all that comes below: packets to other addresses may find another part of the same chain. */
export function wayKey({ backend, table, effect, branches }: RuleBranch): string {
  const plain = (branch: RuleBranch): unknown => [
    branch.effect,
    branch.when,
    branch.chance,
    branch.branches.map(plain),
  ];
  return JSON.stringify([backend, table, effect, branches.map(plain)]);
}

function isDrawn(branch: RuleBranch, shown: ReadonlySet<string>): boolean {
  return 'chain' in branch.effect && shown.has(wayKey(branch));
}

/** What a branch asks of a packet, as the words before its effect. */
export function asking({ when, chance, effect }: RuleBranch, otherwise: string): string {
  if (effect.kind === 'masquerade-mark') return when.length === 0 ? '' : `${when.join(', ')}: `;
  const asked = [...when, chance === null || chance === '1' ? otherwise : `chance ${chance}`].filter(
    text => text !== '',
  );
  return asked.length === 0 ? '' : `${asked.join(', ')} `;
}

/** What a branch does, in words. */
export function effectWords({ effect, weight }: Pick<RuleBranch, 'effect' | 'weight'>): string {
  switch (effect.kind) {
    case 'jump':
    case 'goto':
      return `→ ${effect.chain}`;
    case 'endpoint':
      return `→ ${targetWords(effect.endpoint)}${weight === null ? '' : `, weight ${weight}`}`;
    case 'virtual-server': {
      const affinity =
        effect.persistence === null
          ? ''
          : effect.persistence === 'unknown'
            ? ', persistence not known'
            : `, persistent for ${effect.persistence} s`;
      return `→ IPVS virtual server, scheduler ${effect.scheduler}${affinity}`;
    }
    case 'masquerade-mark':
      return 'mark for masquerade';
    case 'drop-mark':
      return 'mark to be dropped';
    case 'accept':
      return 'accept';
    case 'drop':
      return '✗ drop';
    case 'reject':
      return `✗ reject with ${effect.rejectWith}`;
    case 'unknown':
      return `? ${effect.why}`;
  }
}

/** An endpoint with its pod and node. */
export function targetWords({ address, port, pod, node }: Target): string {
  const owner = [pod, node === null ? '' : `on ${node}`].filter(text => text !== null && text !== '').join(' ');
  return `${endpoint(address, port)}${owner === '' ? '' : ` (${owner})`}`;
}

function counterWords({ counters }: RuleBranch): string {
  return counters === null || counters.packets === '0' ? '' : ` · ${counters.packets} packets`;
}

function rawLines({ file, line, handle, raw }: RuleBranch, indent: string, layout: Layout): string[] {
  if (raw === undefined || layout.evidence === false) return [];
  const place = line !== null ? `${file}:${line}` : handle !== null ? `${file} handle ${handle}` : file;
  return hanging([`${indent}  `, cell('╎', 'label'), ' '], cell(`${place}: ${raw}`, 'label'), layout);
}
