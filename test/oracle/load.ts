import type { Agent } from './agent.ts';
import { type Program, render } from './generate/rule-lines.ts';

const commands: Readonly<Record<Program['loader'], string[]>> = {
  'iptables-legacy': ['iptables-legacy-restore'],
  'ip6tables-legacy': ['ip6tables-legacy-restore'],
  'iptables-nft': ['iptables-nft-restore'],
  'ip6tables-nft': ['ip6tables-nft-restore'],
  nft: ['nft', '-f', '-'],
  'nft-json': ['nft', '-j', '-f', '-'],
  ipset: ['ipset', 'restore'],
};

/** The line (from 1) that a tool complains of. */
function complaint(stderr: string): number | null {
  const found = /line:? (\d+)|^\/dev\/stdin:(\d+):/m.exec(stderr);
  return found === null ? null : Number(found[1] ?? found[2]);
}

/**
 * Loads a program. What the tool or the kernel refuses is left out: the line that it names, or, where it names the COMMIT,
 * the table's rules. Gives what was loaded and the lines that were refused.
 */
export async function load(agent: Agent, program: Program): Promise<{ loaded: Program; refused: string[] }> {
  const refused: string[] = [];
  let loaded = program;
  const counters = [...render(program).matchAll(/--nfacct-name +(\S+)/g)].map(([, name]) => name ?? '');
  if (counters.length > 0) await agent.nfacct(counters);
  for (;;) {
    const text = render(loaded);
    const { code, stderr } = await agent.try(commands[program.loader], text);
    if (code === 0) return { loaded, refused };
    const line = complaint(stderr);
    const bad = line === null ? undefined : text.split('\n')[line - 1];
    const next =
      bad === undefined
        ? null
        : bad === 'COMMIT'
          ? withoutTable(loaded, text, line ?? 0)
          : withoutLine(loaded, line ?? 0);
    if (next === null) throw new Error(`${program.loader} does not load: ${stderr}\n${text}`);
    refused.push(`${bad}: ${stderr.trim().split('\n')[0]}`);
    loaded = next;
  }
}

/** Without the rule on a line of the rendered text; null when that is no rule. */
function withoutLine(program: Program, line: number): Program | null {
  let at = 1;
  let found = false;
  const text = program.text.map(part => {
    if (typeof part === 'string') {
      at += part.split('\n').length;
      return part;
    }
    const rules = part.rules.filter(() => {
      const is = at++ === line;
      found ||= is;
      return !is;
    });
    return { rules };
  });
  return found ? { ...program, text } : null;
}

/** Without the rules of the table whose COMMIT stands on a line; null when it has none. */
function withoutTable(program: Program, rendered: string, line: number): Program | null {
  const table = rendered
    .split('\n')
    .slice(0, line)
    .filter(text => text.startsWith('*'))
    .at(-1);
  let current = '';
  let found = false;
  const text = program.text.map(part => {
    if (typeof part === 'string') {
      if (part.startsWith('*')) current = part;
      return part;
    }
    if (current !== table) return part;
    found ||= part.rules.length > 0;
    return { rules: [] };
  });
  return found ? { ...program, text } : null;
}
