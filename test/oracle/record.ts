import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPacketLine } from '../../src/model/packet.ts';
import type { PacketInput } from '../../src/model/trace.ts';
import { hits } from './counters.ts';
import { dumpNetwork, dumpRules } from './dump.ts';
import type { Protocol } from './frame.ts';
import type { Shot } from './generate/packets.ts';
import type { Program } from './generate/rule-lines.ts';
import { install } from './install.ts';
import { observe } from './observe.ts';
import { Testbed } from './testbed.ts';
import { generated } from './topology.ts';

/**
 * Makes a fixture of what the oracle kept of a disagreement (`node test/oracle/record.ts NAME FOLDER`): the dumps, the
 * packets, and for each packet what the kernel does with it and which rules it hits. The network is the same for all.
 */
const fixtures = new URL('../analyse/trace/fixtures/oracle', import.meta.url).pathname;

function shotOf({ source, destination, protocol, port, sourcePort, in: link, mark, icmpType }: PacketInput): Shot {
  const name = (protocol === '50' ? 'esp' : protocol) as Protocol;
  const echo = protocol === 'icmp' ? 8 : 128;
  return {
    datagram: {
      source,
      destination,
      protocol: name,
      sourcePort: sourcePort ?? 10_000,
      port: port ?? 0,
      icmpType: icmpType === echo ? undefined : icmpType,
    },
    link: link ?? null,
    mark: Number(mark ?? 0),
  };
}

function programsOf(folder: string): Program[] {
  return readdirSync(folder)
    .filter(name => name.startsWith('program-'))
    .sort()
    .map(name => ({
      loader: name.replace(/^program-\d+\./, '') as Program['loader'],
      text: [readFileSync(join(folder, name), 'utf8').trimEnd()],
    }));
}

const [name, folder] = process.argv.slice(2);
if (name === undefined || folder === undefined) throw new Error('usage: node test/oracle/record.ts NAME FOLDER');
const packets = readFileSync(join(folder, 'packets.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => readPacketLine(line).packet)
  .filter(packet => packet !== null);
const programs = programsOf(folder);
const testbed = new Testbed(generated);
await testbed.open();
try {
  const network = join(fixtures, 'network');
  if (!existsSync(network)) {
    mkdirSync(network, { recursive: true });
    for (const file of await dumpNetwork(testbed)) writeFileSync(join(network, file.name), file.text);
  }
  const place = join(fixtures, name);
  mkdirSync(place, { recursive: true });
  await install(testbed, programs);
  let before = await dumpRules(testbed, programs);
  for (const file of before) writeFileSync(join(place, file.name), file.text);
  const lines: string[] = [];
  for (const packet of packets) {
    const shot = shotOf(packet);
    const [arrivals = []] = await testbed.run([testbed.sending(shot.datagram, shot.link, shot.mark)]);
    const after = await dumpRules(testbed, programs);
    const earlier = hits(before);
    const hit = [...hits(after)].filter(([rule, count]) => count > (earlier.get(rule) ?? 0)).map(([rule]) => rule);
    lines.push(JSON.stringify({ observed: observe(generated, shot, arrivals), hit }));
    before = after;
  }
  writeFileSync(join(place, 'packets.jsonl'), packets.map(packet => `${JSON.stringify(packet)}\n`).join(''));
  writeFileSync(join(place, 'expected.jsonl'), lines.map(line => `${line}\n`).join(''));
} finally {
  await testbed.close();
}
