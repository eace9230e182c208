/** Milliseconds that a job took. */
export async function timed(job: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await job();
  return performance.now() - started;
}

/** The middle one of the values. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** One line: what, its median over the reference's median, and the spread of the ratio over the rounds. */
export function report(what: string, values: readonly number[], reference: readonly number[]): void {
  const ratios = values.map((value, index) => value / (reference[index] ?? Number.NaN)).sort((a, b) => a - b);
  const ratio = (median(values) / median(reference)).toFixed(2);
  const spread = `${ratios[0]?.toFixed(2)}..${ratios.at(-1)?.toFixed(2)}`;
  const ms = `${median(values).toFixed(0)} / ${median(reference).toFixed(0)} ms`;
  process.stdout.write(`${what.padEnd(58)} ${ratio.padStart(5)}x  (${spread}; ${ms})\n`);
}
