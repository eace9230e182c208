import type { Opened } from '../../app/open.ts';
import type { CollectRequest } from '../../collect/source.ts';
import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag, screenFlags } from '../flags.ts';
import { nodeName, serviceName } from '../names.ts';
import { answer } from '../report.ts';
import { openScreen, opensScreen } from '../screen.ts';

export const service: Command = {
  name: 'service',
  aliases: ['services', 'svc'],
  operands: 'NAME',
  maxArgs: 1,
  summary: "Show how a service's traffic goes through nodes' rules, with each endpoint's share, held against the API.",
  examples: [
    ['The rules of service web on one node, and what they come to', 'service web'],
    ['On two nodes, in namespace shop', 'service -n shop cart --node worker-1 --node worker-2'],
    ['On every node of a saved snapshot, as JSON', 'service web -o json --from cluster.tar.gz'],
    ['A picture for a ticket', 'service web -o mermaid'],
  ],
  flags: {
    ...outputFlag('text', 'json', 'yaml', 'name', 'mermaid', 'dot'),
    node: { value: 'NODE', multiple: true, help: 'Look at the rules of this node (repeatable)' },
    'all-nodes': { help: 'Look at the rules of every node: starts a debug pod on each' },
    ...evidenceFlag,
    ...saveFlag,
    ...debugFlags,
    ...screenFlags,
  },
  connects: true,
  async run(call) {
    const named = serviceName(call.args[0], call.flags.get('namespace'));
    const nodes = call.flags.all('node').map(nodeName);
    let target = { namespace: '', name: '' };
    const request = (source: Opened): CollectRequest => {
      target = source.service(named);
      return { pods: [], nodes, services: [target], allNodes: call.flags.on('all-nodes') };
    };
    if (call.flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, request);
    if (opensScreen(call))
      return openScreen(call, async source => {
        await source.check(request(source));
        const asked = call.flags.on('all-nodes') ? 'all' : nodes;
        return { kind: 'service', ...target, ...(asked.length === 0 ? {} : { nodes: asked }) };
      });
    const [{ serviceReport }, { serviceText }, { serviceGraph }] = await Promise.all([
      import('../../app/service.ts'),
      import('../../render/service.ts'),
      import('../../render/service-graph.ts'),
    ]);
    return answer(call, {
      request,
      report: snapshot => serviceReport(snapshot, { target, nodes, evidence: call.flags.on('evidence') }),
      text: serviceText,
      graph: serviceGraph,
      name: report => `service/${report.service.name}`,
      badNews: report =>
        report.nodes.some(({ differences }) => differences?.some(({ severity }) => severity === 'error') === true),
    });
  },
};
