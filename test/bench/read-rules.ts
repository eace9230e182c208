/** Reads a file of rules as the program does, up to one rule of the chain of services, and prints what it took as JSON. */
import { readFileSync } from 'node:fs';
import { iptablesTables } from '../../src/model/backends/iptables.ts';
import { nftTables } from '../../src/model/backends/nftables.ts';
import type { Table } from '../../src/model/rules.ts';
import { parseIptables } from '../../src/parse/iptables.ts';
import { parseNftJson } from '../../src/parse/nft-json.ts';

const readers: Readonly<Record<string, (text: string, file: string) => { tables: Table[]; chain: string }>> = {
  iptables: (text, file) => ({ tables: iptablesTables(parseIptables(text), { file }), chain: 'KUBE-SERVICES' }),
  nftables: (text, file) => ({ tables: nftTables(parseNftJson(text).records, { file }), chain: 'services' }),
};

const [kind = '', file = ''] = process.argv.slice(2);
const started = performance.now();
const { tables, chain } = readers[kind]?.(readFileSync(file, 'utf8'), file) ?? { tables: [], chain: '' };
const services = tables[0]?.chains.get(chain)?.rules;
if (services === undefined || services.at(services.length - 1).expressions.length === 0)
  throw new Error('nothing read');
const work = performance.now() - started;
process.stdout.write(JSON.stringify({ work, memory: process.resourceUsage().maxRSS / 1024 }));
