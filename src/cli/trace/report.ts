import { exitCodes } from '../../errors.ts';
import type { TraceReport } from '../../model/trace-report.ts';
import type { Call } from '../command.ts';
import { format } from '../output.ts';

/** Prints a trace in the format of -o. */
export async function printTrace({ flags, terminal }: Call, report: TraceReport): Promise<void> {
  const output = flags.get('output') ?? 'text';
  if (output === 'mermaid' || output === 'dot') {
    const [{ traceGraph }, graph] = await Promise.all([
      import('../../render/trace-graph.ts'),
      import('../../render/graph.ts'),
    ]);
    const drawn = traceGraph(report);
    await terminal.print(output === 'dot' ? graph.dotText(drawn) : graph.mermaidText(drawn));
    return;
  }
  const { traceText } = await import('../../render/trace.ts');
  await terminal.print(await format(report, output, layout => traceText(report, layout), terminal));
}

/** Prints the short answer of a trace. */
export async function printPath({ flags, terminal }: Call, report: TraceReport): Promise<void> {
  const [{ pathReport }, { shortPathText }] = await Promise.all([
    import('../../app/path.ts'),
    import('../../render/short-path.ts'),
  ]);
  const short = pathReport(report);
  const output = flags.get('output') ?? 'text';
  await terminal.print(await format(short, output, layout => shortPathText(short, layout), terminal));
}

/** 1 when any way is dropped, rejected or not known; 4 when data is missing; else 0. */
export function traceExitCode({ paths }: TraceReport): number {
  const fine = paths.every(({ outcomes }) => outcomes.every(({ verdict }) => verdict === 'accept'));
  return fine ? exitCodes.ok : exitCodes.badNews;
}
