import type { IngressQuestion } from '../../app/ingress.ts';
import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { evidenceFlag, outputFlag, saveFlag } from '../flags.ts';
import { podName } from '../names.ts';
import { answer } from '../report.ts';

export const ingress: Command = {
  name: 'ingress',
  aliases: ['ing', 'ingresses'],
  operands: 'NAME | URL',
  maxArgs: 1,
  summary:
    'Show which Ingress rule takes a URL, and whether each step behind it is there: service, port, endpoints, TLS.',
  examples: [
    ['Where a URL leads', 'ingress https://shop.example.com/cart'],
    ['The rules of ingress shop', 'ingress -n shop shop'],
  ],
  flags: { ...outputFlag('text', 'json', 'yaml'), ...evidenceFlag, ...saveFlag },
  connects: true,
  async run(call) {
    const { args, flags } = call;
    const url = urlOf(args[0]);
    const named =
      url === null ? podName(args[0]?.replace(/^(ing|ingress|ingresses)\//, ''), flags.get('namespace')) : null;
    const [{ ingressReport }, { ingressText }] = await Promise.all([
      import('../../app/ingress.ts'),
      import('../../render/ingress.ts'),
    ]);
    let question: IngressQuestion | undefined;
    return answer(call, {
      request: source => {
        question =
          named === null
            ? { ingress: null, url: url as NonNullable<typeof url> }
            : { ingress: source.pod(named), url: null };
        return { pods: [], nodes: [], routes: true };
      },
      report: snapshot => ingressReport(snapshot, question as IngressQuestion, { evidence: flags.on('evidence') }),
      text: ingressText,
      name: report => report.ingress ?? report.url?.host ?? '',
      badNews: ({ notes }) => notes.some(({ severity }) => severity === 'warning'),
    });
  },
};

/** A URL, with or without its scheme when it has a path or a dot; null for a name. Throws UsageError. */
function urlOf(text: string | undefined): IngressQuestion['url'] {
  if (text === undefined)
    throw new UsageError(
      'missing-name',
      'an ingress or a URL is needed',
      'for instance: kubectl netinspect ingress https://shop.example.com/',
    );
  const scheme = /^(https?):\/\//i.exec(text);
  if (scheme === null && !/^[^/]+\.[^/]+(\/|$)/.test(text)) return null;
  try {
    const { hostname, pathname, protocol } = new URL(scheme === null ? `http://${text}` : text);
    return { host: hostname, path: pathname, tls: protocol === 'https:' };
  } catch {
    throw new UsageError(
      'bad-url',
      `${JSON.stringify(text)} is not a URL`,
      'for instance: https://shop.example.com/cart',
    );
  }
}
