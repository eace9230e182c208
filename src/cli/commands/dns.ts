import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { debugFlags, evidenceFlag, outputFlag, saveFlag } from '../flags.ts';
import { podName } from '../names.ts';
import { answer } from '../report.ts';

export const dns: Command = {
  name: 'dns',
  aliases: [],
  operands: 'POD [NAME]...',
  maxArgs: 9,
  summary:
    'Ask DNS as a pod does: every name that its resolver tries, each server directly, and what is slow or wrong.',
  examples: [
    ['Whether DNS works in pod web: the API server, its own services, a name outside', 'dns web'],
    ['One name', 'dns shop/web-0 api.payments'],
    ['As JSON, with what dig said', 'dns web api.payments -o json --evidence'],
  ],
  flags: { ...outputFlag('text', 'json', 'yaml'), ...evidenceFlag, ...saveFlag, ...debugFlags },
  connects: true,
  async run(call) {
    const [pod, ...names] = call.args;
    const named = podName(pod, call.flags.get('namespace'));
    const odd = names.find(
      name => name.length > 253 || !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name) || name.includes('..'),
    );
    if (odd !== undefined)
      throw new UsageError(
        'bad-name',
        `${JSON.stringify(odd)} is not a DNS name`,
        'names have letters, digits, "-", "_" and "."; for an address there is nothing to look up',
      );
    const [app, { dnsText }] = await Promise.all([import('../../app/dns.ts'), import('../../render/dns.ts')]);
    let target = { namespace: '', name: '' };
    const request = (source: { pod(name: typeof named): typeof target }) => {
      target = source.pod(named);
      return { pods: [target], nodes: [], namespaces: ['kube-system'], ask: app.askDns(names) };
    };
    if (call.flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, request);
    return answer(call, {
      request,
      report: snapshot => app.dnsReport(snapshot, target, { names, evidence: call.flags.on('evidence') }),
      text: dnsText,
      name: report => `pod/${report.pod.name}`,
      badNews: ({ notes }) => notes.some(({ severity }) => severity === 'warning'),
    });
  },
};
