import type { ScannedChain, ScannedRules, ScannedTable } from './iptables-scan.ts';
import { mark, separator } from './left-out-marks.ts';

const kinds = ['separator', 'other', 'mark'] as const;

/**
 * Lines among rules that are none: where each stands, its chain gets a rule that cannot be read in its place. A separator
 * hides rules of a chain only where that goes on behind it. A line that cannot be read may be the last rule of the chain
 * before it. A mark hides the end of the one and the beginning of the next, and all of those in between.
 */
export class LeftOut {
  readonly #scan: ScannedRules;
  #line = 0;
  #kind: (typeof kinds)[number] | null = null;

  constructor(scan: ScannedRules) {
    this.#scan = scan;
  }

  /** A line of a table that is neither rule nor declaration. */
  note(raw: string, line: number): void {
    const kind = separator.test(raw) ? 'separator' : mark.test(raw) ? 'mark' : 'other';
    if (this.#kind !== null && kinds.indexOf(kind) <= kinds.indexOf(this.#kind)) return;
    this.#kind = kind;
    this.#line = line;
  }

  /** What stood between the last rule of the table and the next one; null: before the first, behind the last. */
  settle(table: ScannedTable | null, last: ScannedChain | null, next: ScannedChain | null): void {
    const kind = this.#kind;
    if (kind === null) return;
    this.#kind = null;
    if (last !== null && (kind !== 'separator' || last === next)) this.#put(last);
    if (kind !== 'mark') return;
    if (next !== null && next !== last) this.#put(next);
    for (const chain of table?.chains.values() ?? [])
      if (chain.count === 0 && chain.id > (last?.id ?? -1) && chain.id < (next?.id ?? Number.POSITIVE_INFINITY))
        chain.incomplete = `line ${this.#line} stands for lines that were left out`;
  }

  #put(chain: ScannedChain): void {
    const { ruleLines, ruleChains, leftOut } = this.#scan;
    leftOut.add(this.#line);
    ruleLines.push(this.#line);
    ruleChains.push(chain.id);
    chain.count++;
  }
}
