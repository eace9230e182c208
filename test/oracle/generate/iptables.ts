import type { Random } from '../random.ts';
import type { Domain } from './domain.ts';
import { matches } from './iptables-matches.ts';
import { type Flavour, type Place, weighted } from './iptables-place.ts';
import { targets } from './iptables-targets.ts';
import type { Program } from './rule-lines.ts';

const hooksOf: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** The parts of matches and target, with one `-p` and one of each `-m`, as the command line wants it. */
function joined(parts: readonly string[]): string | null {
  const text = parts.filter(part => part !== '').join(' ');
  const protocols = [...text.matchAll(/(?:! )?-p (\S+)/g)].map(([whole]) => whole);
  if (new Set(protocols).size > 1 || protocols.length > 1) return null;
  for (const option of ['-s ', '-d ', '-i ', '-o ']) {
    if (text.split(` ${option}`).length + (text.startsWith(option) ? 1 : 0) > 2) return null;
  }
  return text;
}

function rule(place: Place, jumps: readonly string[]): string {
  const { random } = place;
  for (;;) {
    const count = random.pick([0, 1, 1, 1, 2, 2, 3]);
    const target =
      jumps.length > 0 && random.once(3)
        ? `${random.once(4) ? '-g' : '-j'} ${random.pick(jumps)}`
        : weighted(place, targets);
    const text = joined([...Array.from({ length: count }, () => weighted(place, matches)), target]);
    if (text !== null && !(count === 0 && /DROP|REJECT/.test(text))) return text;
  }
}

/** Tables of one family for iptables-restore. */
export function iptablesProgram(random: Random, domain: Domain, backend: 'legacy' | 'nft', flavour: Flavour): Program {
  const text: Program['text'][number][] = [];
  const tables = ['raw', 'mangle', 'nat', 'filter', 'security'].filter(
    table => random.once(table === 'raw' || table === 'security' ? 4 : 1.5) || (table === 'filter' && random.once(2)),
  );
  for (const table of tables) {
    const hooks = hooksOf[table] ?? [];
    // Chains of a base chain's own, so that what is possible at its hook is known; they jump to later ones only.
    const trees = hooks.map(hook => ({
      hook,
      chains: Array.from({ length: random.pick([0, 1, 2, 3]) }, (_, index) => `${hook}-${index + 1}`),
    }));
    const shared = table === 'nat' || random.once(2) ? [] : ['COMMON'];
    text.push(`*${table}`);
    for (const { hook } of trees) {
      text.push(`:${hook} ${table !== 'nat' && random.once(8) ? 'DROP' : 'ACCEPT'} [0:0]`);
    }
    for (const chain of [...trees.flatMap(tree => tree.chains), ...shared]) text.push(`:${chain} - [0:0]`);
    for (const { hook, chains } of trees) {
      for (const [index, chain] of [hook, ...chains].entries()) {
        const place: Place = { random, domain, table, hooks: [hook], flavour };
        const jumps = [...chains.slice(index), ...shared];
        const rules = Array.from({ length: random.between(0, 6) }, () => `-A ${chain} ${rule(place, jumps)}`);
        text.push({ rules });
      }
    }
    for (const chain of shared) {
      const place: Place = { random, domain, table, hooks, flavour };
      text.push({ rules: Array.from({ length: random.between(1, 4) }, () => `-A ${chain} ${rule(place, [])}`) });
    }
    text.push('COMMIT');
  }
  return { loader: `${domain.family === 4 ? 'iptables' : 'ip6tables'}-${backend}`, text };
}
