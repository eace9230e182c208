import { UsageError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { confirmed } from '../confirm.ts';
import { changeFlags, debugFlags, evidenceFlag, outputFlag, saveFlag } from '../flags.ts';
import { nodeName } from '../names.ts';
import { answer } from '../report.ts';

export const sysctl: Command = {
  name: 'sysctl',
  aliases: [],
  operands: 'NODE [KEY[=VALUE]]',
  maxArgs: 2,
  summary: "Show a node's network sysctls with meaning and advice, or set one (asked first).",
  examples: [
    ['Those that matter', 'sysctl worker-1'],
    ['One of them', 'sysctl worker-1 net.ipv4.conf.all.rp_filter'],
    ['Set it until the node starts anew', 'sysctl worker-1 net.ipv4.conf.all.rp_filter=2'],
  ],
  flags: { ...outputFlag('text', 'json', 'yaml'), ...changeFlags, ...evidenceFlag, ...saveFlag, ...debugFlags },
  connects: true,
  async run(call) {
    const [on, setting] = call.args;
    const node = nodeName(on);
    const { key, value } = readSetting(setting);
    const [app, { sysctlText }] = await Promise.all([import('../../app/sysctl.ts'), import('../../render/sysctl.ts')]);
    const request = { pods: [], nodes: [node], ask: app.askSysctl(key, value) };
    if (call.flags.on('dry-run')) return (await import('../dry-run.ts')).dryRun(call, () => request);
    if (value !== null) {
      if (call.flags.given('from'))
        throw new UsageError('flag-conflict', 'a snapshot cannot be changed', 'leave out --from, or the value');
      await confirmed(call, `set ${key} = ${value} on node ${node}, in its own network namespace`);
    }
    return answer(call, {
      request: () => request,
      report: snapshot => app.sysctlReport(snapshot, node, { key, value, evidence: call.flags.on('evidence') }),
      text: (report, layout) => sysctlText(report, key !== null, layout),
      name: report => `node/${report.node}`,
    });
  },
};

/** Reads KEY[=VALUE]; the key in the form of sysctl(8), `net.…` or `net/…`. Throws UsageError. */
function readSetting(text: string | undefined): { key: string | null; value: string | null } {
  if (text === undefined) return { key: null, value: null };
  const at = text.indexOf('=');
  const raw = (at === -1 ? text : text.slice(0, at)).trim();
  const value = at === -1 ? null : text.slice(at + 1).trim();
  // As sysctl(8): where "/" comes first, it separates, and "." is part of a name.
  const slash = raw.indexOf('/');
  const dot = raw.indexOf('.');
  const swapped = slash !== -1 && (dot === -1 || slash < dot);
  const key = swapped ? raw.replaceAll(/[./]/g, each => (each === '.' ? '/' : '.')) : raw;
  if (!/^net(\.[A-Za-z0-9_/-]+)+$/.test(key) || key.includes('//'))
    throw new UsageError(
      'bad-sysctl',
      `${JSON.stringify(raw)} is not a network sysctl`,
      'for instance: net.ipv4.ip_forward, or net.ipv4.ip_forward=1',
    );
  if (value !== null && !/^[\w.,:/ \t-]{1,200}$/.test(value))
    throw new UsageError(
      'bad-sysctl',
      `${JSON.stringify(value)} is not a value of a sysctl`,
      'give a number or a word',
    );
  return { key, value };
}
