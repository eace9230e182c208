import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag, screenFlags } from '../flags.ts';
import { podName } from '../names.ts';
import { answer } from '../report.ts';
import { openScreen, opensScreen } from '../screen.ts';

export const pod: Command = {
  name: 'pod',
  aliases: ['pods', 'po'],
  operands: 'NAME',
  maxArgs: 1,
  summary: "Show a pod's network end to end: interfaces, node, routes, DNS, services, sockets, conntrack.",
  examples: [
    ['The network of pod web', 'pod web'],
    ['The same in namespace shop, as JSON, with the evidence of each fact', 'pod -n shop web -o json --evidence'],
    ['Keep the data of this run, and look at it again later', 'pod shop/web --save web.tar.gz'],
    ['From the saved data, without a cluster', 'pod web --from web.tar.gz'],
  ],
  flags: { ...outputFlag('text', 'json', 'yaml', 'name'), ...evidenceFlag, ...saveFlag, ...debugFlags, ...screenFlags },
  connects: true,
  async run(call) {
    const named = podName(call.args[0], call.flags.get('namespace'));
    if (call.flags.on('dry-run'))
      return (await import('../dry-run.ts')).dryRun(call, source => ({ pods: [source.pod(named)], nodes: [] }));
    if (opensScreen(call))
      return openScreen(call, async source => {
        const target = source.pod(named);
        await source.check({ pods: [target], nodes: [] });
        return { kind: 'pod', ...target };
      });
    const [{ podReport }, { podText }] = await Promise.all([import('../../app/pod.ts'), import('../../render/pod.ts')]);
    let target = { namespace: '', name: '' };
    return answer(call, {
      request: source => {
        target = source.pod(named);
        return { pods: [target], nodes: [] };
      },
      report: snapshot => podReport(snapshot, target, { evidence: call.flags.on('evidence') }),
      text: podText,
      name: report => `pod/${report.pod.name}`,
    });
  },
};
