import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag, screenFlags } from '../flags.ts';
import { nodeName } from '../names.ts';
import { answer } from '../report.ts';
import { openScreen, opensScreen } from '../screen.ts';

export const node: Command = {
  name: 'node',
  aliases: ['nodes', 'no'],
  operands: 'NAME',
  maxArgs: 1,
  summary: "Show a node's network: interfaces, bridges, routes, overlay, CNI, kube-proxy, conntrack, sysctls.",
  examples: [
    ['The network of node worker-1', 'node worker-1'],
    ['The same as YAML, from a saved snapshot', 'node worker-1 -o yaml --from cluster.tar.gz'],
  ],
  flags: { ...outputFlag('text', 'json', 'yaml', 'name'), ...evidenceFlag, ...saveFlag, ...debugFlags, ...screenFlags },
  connects: true,
  async run(call) {
    const name = nodeName(call.args[0]);
    const request = { pods: [], nodes: [name] };
    if (call.flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, () => request);
    if (opensScreen(call))
      return openScreen(call, async source => {
        await source.check(request);
        return { kind: 'node', node: name };
      });
    const [{ nodeReport }, { nodeText }] = await Promise.all([
      import('../../app/node.ts'),
      import('../../render/node.ts'),
    ]);
    return answer(call, {
      request: () => request,
      report: snapshot => nodeReport(snapshot, name, { evidence: call.flags.on('evidence') }),
      text: nodeText,
      name: report => `node/${report.node.name}`,
    });
  },
};
