/** A text for one loader, of lines that can be left out one by one: what is generated, and what is shrunk. */
export interface Program {
  loader: 'iptables-legacy' | 'ip6tables-legacy' | 'iptables-nft' | 'ip6tables-nft' | 'nft' | 'nft-json' | 'ipset';
  /** Lines that stay: tables, chains, sets; with the place of the lines that can go. */
  text: readonly (string | { rules: string[] })[];
}

export function render(program: Program): string {
  return `${program.text.flatMap(part => (typeof part === 'string' ? [part] : part.rules)).join('\n')}\n`;
}

/** The program without the rule lines for which `keep` is false; lines are numbered from 0 over all its rules. */
export function without(program: Program, keep: (index: number) => boolean): Program {
  let index = 0;
  const text = program.text.map(part =>
    typeof part === 'string' ? part : { rules: part.rules.filter(() => keep(index++)) },
  );
  return { ...program, text };
}

export function ruleCount(program: Program): number {
  return program.text.reduce((sum, part) => sum + (typeof part === 'string' ? 0 : part.rules.length), 0);
}
