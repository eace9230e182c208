import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag } from '../flags.ts';
import { podName } from '../names.ts';
import { answer } from '../report.ts';

export const env: Command = {
  name: 'env',
  aliases: [],
  operands: 'POD',
  maxArgs: 1,
  summary: "Show the service environment variables that a pod's containers got, held against today's services.",
  examples: [['Variables of pod web that are stale, or missing', 'env web']],
  flags: { ...outputFlag('text', 'json', 'yaml'), ...evidenceFlag, ...saveFlag, ...debugFlags },
  connects: true,
  async run(call) {
    const named = podName(call.args[0], call.flags.get('namespace'));
    const [app, { envText }] = await Promise.all([import('../../app/env.ts'), import('../../render/env.ts')]);
    let target = { namespace: '', name: '' };
    const request = (source: { pod(name: typeof named): typeof target }) => {
      target = source.pod(named);
      return { pods: [target], nodes: [], ask: app.askEnv };
    };
    if (call.flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, request);
    return answer(call, {
      request,
      report: snapshot => app.envReport(snapshot, target, { evidence: call.flags.on('evidence') }),
      text: envText,
      name: report => `pod/${report.pod.name}`,
      badNews: ({ notes }) => notes.some(({ severity }) => severity === 'warning'),
    });
  },
};
