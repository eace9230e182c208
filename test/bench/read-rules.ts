/** Reads a file of rules as the program does, up to a lookup of one service, and prints what it took as JSON. */
import { readFileSync } from 'node:fs';
import { iptablesTables } from '../../src/model/backends/iptables.ts';
import { parseIptables } from '../../src/parse/iptables.ts';

const [kind = '', file = ''] = process.argv.slice(2);
const started = performance.now();
const text = readFileSync(file, 'utf8');
if (kind !== 'iptables') throw new Error(`no reader of ${kind}`);
const [nat] = iptablesTables(parseIptables(text), { file });
const services = nat?.chains.get('KUBE-SERVICES')?.rules;
if (services === undefined || services.at(services.length - 2).expressions.length === 0)
  throw new Error('nothing read');
const work = performance.now() - started;
process.stdout.write(JSON.stringify({ work, memory: process.resourceUsage().maxRSS / 1024 }));
