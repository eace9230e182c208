import type { PlannedPod, PlanReport } from '../model/plan.ts';
import { cell, hanging, type Layout, paint } from './layout.ts';
import { section } from './sections.ts';
import { visible } from './visible.ts';
import { visibleReport } from './visible-report.ts';
import { yamlText } from './yaml.ts';

/** What `--dry-run` says: the pods that would be created, whether they would be admitted, the requests and the commands. */
export function planText(original: PlanReport, layout: Layout): string {
  const { pods, requests } = visibleReport(original);
  const commands = original.commands.map(command => visible(command.map(quoted).join(' '), 'lines'));
  const lines = [
    paint('Nothing was created. A run would:', 'title', layout),
    ...pods.flatMap((pod, index) => {
      const manifest = yamlText(original.pods[index]?.manifest ?? {});
      return section(
        `create a pod on ${pod.node}, in namespace ${pod.namespace}`,
        podLines(pod, manifest, layout),
        layout,
      );
    }),
    ...section(
      'send these requests',
      requests.flatMap(request => hanging('  ', request, layout)),
      layout,
    ),
    ...section(
      'start these commands',
      commands.flatMap(command => ['', ...command.split('\n').map(line => `  ${line}`)]).slice(1),
      layout,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function podLines({ admitted, refusal }: PlannedPod, manifest: string, layout: Layout): string[] {
  const verdict =
    admitted === null
      ? cell(`? the server did not say whether it would admit it: ${refusal ?? ''}`, 'doubt')
      : admitted
        ? cell('✓ the server would admit it', 'good')
        : cell(`✗ the server would refuse it: ${refusal ?? ''}`, 'bad');
  const yaml = manifest.trimEnd().split('\n');
  return [...hanging('  ', verdict, layout), ...yaml.map(line => `  ${line}`)];
}

/** An argument as a POSIX shell would need it, for people to copy. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
