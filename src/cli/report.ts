import type { Opened } from '../app/open.ts';
import type { CollectRequest } from '../collect/source.ts';
import { exitCodes } from '../errors.ts';
import type { Snapshot } from '../parse/snapshot.ts';
import type { Graph } from '../render/graph.ts';
import type { Layout } from '../render/layout.ts';
import { visible } from '../render/visible.ts';
import type { Call, Terminal } from './command.ts';
import { type Document, drawn, format } from './output.ts';
import { withSource } from './source.ts';

/** What a reporting command does with what was collected. */
interface Question<R extends Document> {
  request(source: Opened): CollectRequest;
  report(snapshot: Snapshot): R;
  text(report: R, layout: Layout): string;
  /** What `-o mermaid` and `-o dot` draw. */
  graph?(report: R): Graph;
  /** What `-o name` prints, as kubectl does. */
  name(report: R): string;
  /** True when the answer is bad news: exit code 1. */
  badNews?(report: R): boolean;
}

/**
 * The course of every reporting command: collect, save (--save), report, print; then the source is closed. The answer is
 * printed before the clean-up is over. Gives 0, 1 for bad news, or 4 when part of the data did not arrive whole.
 */
export async function answer<R extends Document>(call: Call, question: Question<R>): Promise<number> {
  const { flags, terminal } = call;
  const save = flags.get('save');
  const saving = save === undefined ? undefined : await import('../app/save.ts');
  if (save !== undefined) saving?.snapshotForm(save);
  return withSource(call, async (source, progress) => {
    const snapshot = await source.collect(question.request(source));
    progress.stop();
    if (save !== undefined) await saving?.saveSnapshot(save, snapshot);
    const report = question.report(snapshot);
    const output = flags.get('output') ?? 'text';
    if (output === 'name') await terminal.print(`${question.name(report)}\n`);
    else if ((output === 'mermaid' || output === 'dot') && question.graph !== undefined)
      await terminal.print(await drawn(question.graph(report), output));
    else await terminal.print(await format(report, output, layout => question.text(report, layout), terminal));
    const whole = completeness(snapshot, terminal);
    return question.badNews?.(report) ? exitCodes.badNews : whole;
  });
}

/** Failures that cost no data: they are said, and the answer is whole. */
const harmless = ['no-hard-cap'];

/** Says what failed on the way; gives 4 when something was asked for and did not arrive, or not whole, else 0. */
export function completeness({ index }: Snapshot, terminal: Terminal): number {
  for (const { message } of index.failures) terminal.warn(`warning: ${visible(message)}`);
  const cutOff = Object.values(index.sections).some(section => section.truncated);
  return cutOff || index.failures.some(({ code }) => !harmless.includes(code)) ? exitCodes.incomplete : exitCodes.ok;
}
