import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { nftTables, nftUnread } from '../../src/model/backends/nftables.ts';
import type { Table } from '../../src/model/rules.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';
import { parseNftText } from '../../src/parse/nft-text.ts';
import { domains } from '../oracle/generate/domain.ts';
import { nftablesProgram } from '../oracle/generate/nftables.ts';
import { render } from '../oracle/generate/rule-lines.ts';
import { Random } from '../oracle/random.ts';

/** Loads what nft takes of stdin's lines, in a network namespace of its own, and lists it as text and as JSON. */
const loadAndList = `
ip link set lo up; ip link add eth0 type veth peer name eth1; ip link add eth2 type veth peer name cni0
cat > "$1/rules"
for round in 1 2 3 4 5 6 7 8 9; do
  refused=$(nft -f "$1/rules" 2>&1 | sed -n 's/^[^ ]*rules:\\([0-9]*\\):.*/\\1/p' | sort -nu)
  [ -n "$refused" ] || break
  for line in $refused; do sed -i "\${line}s/.*//" "$1/rules"; done
done
nft -a list ruleset; echo '--- JSON'; nft -j list ruleset
`;

function listings(program: string): { text: string; json: string } {
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  try {
    const options = { input: program, encoding: 'utf8' as const };
    const out = execFileSync('unshare', ['-n', 'sh', '-c', loadAndList, 'sh', folder], options);
    const [text = '', json = ''] = out.split('--- JSON\n');
    return { text, json };
  } finally {
    execFileSync('rm', ['-r', folder]);
  }
}

/** Every member of a table but where it stands. */
function meaning({ chains, sets, ...table }: Table): unknown {
  const shown = {
    ...table,
    sets: [...sets.values()].map(({ name, type, elements, dynamic }) => ({ name, type, elements, dynamic })),
    chains: [...chains.values()].map(({ name, base, rules }) => ({
      name,
      base,
      rules: Array.from({ length: rules.length }, (_, at) => ({ ...rules.at(at), handle: rules.source(at).handle })),
    })),
  };
  return JSON.parse(
    JSON.stringify(shown, (key, value) =>
      key === 'source' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    ),
  );
}

test.each(Array.from({ length: 24 }, (_, seed) => seed))(
  'a random rule set that the kernel took means the same by its text and by its JSON: seed %i',
  seed => {
    const program = nftablesProgram(new Random(seed), domains[seed % 2 === 0 ? 4 : 6], { chance: true, apart: false });
    const { text, json } = listings(render(program));
    const [fromText, fromJson] = [parseNftText(text), parseNftJson(json)];
    for (const { records, unread, problem } of [fromText, fromJson]) {
      expect({ unread: [...unread, ...nftUnread(records)], problem }).toEqual({ unread: [], problem: null });
    }
    const tables = nftTables(fromText.records, { file: 'nft' });
    expect(
      tables.flatMap(({ chains }) => [...chains.values()].map(({ rules }) => rules.length)).some(count => count > 0),
    ).toBe(true);
    expect(tables.map(meaning)).toEqual(nftTables(fromJson.records, { file: 'nft' }).map(meaning));
  },
);
