import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../src/analyse/trace/host.ts';
import { tracePacket } from '../../src/analyse/trace/trace.ts';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import { tracePackets } from '../../src/app/trace-packets.ts';
import type { Outcome, PacketInput } from '../../src/model/trace.ts';
import { packetInput } from '../oracle/agree.ts';
import { domains } from '../oracle/generate/domain.ts';
import { render } from '../oracle/generate/rule-lines.ts';
import { backends, scenario } from '../oracle/generate/scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'netinspect-packets-'));
afterAll(() => rmSync(folder, { recursive: true }));

const networkFolder = new URL('../analyse/trace/fixtures/oracle/network', import.meta.url).pathname;
const network = readdirSync(networkFolder).map(name => ({
  name,
  text: readFileSync(join(networkFolder, name), 'utf8'),
}));

async function answers(host: Host, packets: readonly PacketInput[]): Promise<Outcome[][]> {
  const file = join(folder, 'packets.jsonl');
  writeFileSync(file, packets.map(packet => JSON.stringify(packet)).join('\n'));
  const all: Outcome[][] = [];
  for await (const batch of tracePackets(host, file, false, new AbortController().signal))
    for (const answer of batch) all.push('error' in answer ? [] : answer.outcomes);
  return all;
}

/** The packets of a scenario, each from every address of its family and from two ports. */
function fromEverywhere({ family, shots }: ReturnType<typeof scenario>): PacketInput[] {
  const { local, remote, elsewhere, loopback } = domains[family];
  const sources = [...local, ...remote, ...elsewhere, loopback];
  return shots.flatMap(shot => {
    const packet = packetInput(shot);
    return sources.flatMap(source =>
      packet.sourcePort === undefined
        ? [{ ...packet, source }]
        : [packet.sourcePort, packet.sourcePort + 1].map(sourcePort => ({ ...packet, source, sourcePort })),
    );
  });
}

const filter = (...rules: string[]) =>
  ['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...rules, 'COMMIT', ''].join(
    '\n',
  );
const nat = (...rules: string[]) => ['*nat', ':POSTROUTING ACCEPT [0:0]', ...rules, 'COMMIT', ''].join('\n');
const nft = (...rules: string[]) =>
  `table inet t {\n\tchain c {\n\t\ttype filter hook forward priority 0; policy accept;\n\t\t${rules.join('\n\t\t')}\n\t}\n}\n`;
const indexed = Array.from({ length: 20 }, (_, at) => `-A FORWARD -s 10.1.0.${at + 3}/32 -j DROP`);
const addresses =
  '1: eth1    inet 10.1.0.3/24 brd 10.1.0.255 scope global eth1\\       valid_lft forever preferred_lft forever\n';
const entry =
  'ipv4     2 tcp      6 100 ESTABLISHED src=10.1.0.3 dst=10.2.0.2 sport=1000 dport=80 src=10.9.0.9 dst=10.1.0.3 sport=80 dport=1000 [ASSURED] mark=0 zone=0 use=2\n';

interface Look {
  by: string;
  files: string[];
  /** The other source; 10.1.0.2 and port 1000 are the first. */
  other?: Partial<PacketInput>;
}

const looks: Look[] = [
  { by: '-s', files: [filter('-A FORWARD -s 10.1.0.3/32 -j DROP')] },
  { by: '! -s', files: [filter('-A FORWARD ! -s 10.1.0.2/32 -j DROP')] },
  { by: '-s, in a chain that is indexed', files: [filter(...indexed)] },
  { by: '--sport', files: [filter('-A FORWARD -p tcp -m tcp --sport 1001 -j DROP')], other: { sourcePort: 1001 } },
  { by: '--src-type', files: [addresses, filter('-A FORWARD -m addrtype --src-type LOCAL -j DROP')] },
  {
    by: '--match-set src',
    files: [
      'create s hash:ip family inet hashsize 1024 maxelem 65536\nadd s 10.1.0.3\n',
      filter('-A FORWARD -m set --match-set s src -j DROP'),
    ],
  },
  { by: '--ctorigsrc', files: [filter('-A FORWARD -m conntrack --ctorigsrc 10.1.0.3/32 -j DROP')] },
  {
    by: '--recent',
    files: [filter('-A FORWARD -m recent --set --name r --mask 255.255.255.255 --rsource', indexed[0] ?? '')],
  },
  {
    by: 'SNAT to the address that it has',
    files: [
      nat('-A POSTROUTING -j SNAT --to-source 10.1.0.2'),
      'table ip late {\n\tchain c {\n\t\ttype filter hook postrouting priority 300; policy accept;\n\t\tct status snat drop\n\t}\n}\n',
    ],
  },
  {
    by: 'ip rule from',
    files: [
      '0:\tfrom all lookup local\n100:\tfrom 10.1.0.3 blackhole\n32766:\tfrom all lookup main\n',
      'default via 10.2.0.254 dev eth2 \n',
      filter(),
    ],
  },
  { by: 'NETMAP', files: [nat('-A POSTROUTING -j NETMAP --to 10.8.0.0/24')] },
  { by: 'a conntrack entry', files: [entry, filter()] },
  { by: 'nft: a set', files: [nft('ip saddr { 10.1.0.3, 10.1.0.4 } drop')] },
  { by: 'nft: a set of concatenations', files: [nft('ip saddr . tcp dport { 10.1.0.3 . 80 } drop')] },
  { by: 'nft: a verdict map', files: [nft('ip saddr vmap { 10.1.0.3 : drop }')] },
  { by: 'nft: bits', files: [nft('ip saddr & 0.0.0.1 == 0.0.0.1 drop')] },
  { by: 'nft: a mark made of it', files: [nft('meta mark set ip saddr', 'meta mark 0x0a010003 drop')] },
  { by: 'nft: fib', files: [addresses, nft('fib saddr type local drop')] },
];

describe('packets from two sources have two answers where the source is looked at by', () => {
  test.each(looks)('$by', async ({ files, other = { source: '10.1.0.3' } }) => {
    const { host, problems } = loadRuleFiles(
      files.map((text, at) => ({ name: `file${at}`, text })),
      { local: [] },
    );
    expect(problems).toEqual([]);
    const first: PacketInput = {
      source: '10.1.0.2',
      destination: '10.2.0.2',
      protocol: 'tcp',
      port: 80,
      sourcePort: 1000,
      in: 'eth0',
    };
    const packets = [first, { ...first, ...other }];
    const alone = packets.map(packet => tracePacket(host, packet));
    expect(alone[0]).not.toEqual(alone[1]);
    expect(await answers(host, packets)).toEqual(alone);
  });
});

describe('packets that share an answer have the answer that each has alone', () => {
  const cases = backends.flatMap(backend => [1, 2, 3, 4, 5, 6].map(seed => ({ backend, seed })));
  test.each(cases)('$backend rules of seed $seed', async ({ backend, seed }) => {
    const drawn = scenario(seed, backend, 12);
    const rules = drawn.programs.map((program, at) => ({ name: `${at}.${program.loader}`, text: render(program) }));
    const { host } = loadRuleFiles([...network, ...rules], { local: [] });
    const packets = fromEverywhere(drawn);
    const together = await answers(host, packets);
    expect(new Set(together).size).toBeLessThan(packets.length);
    expect(together).toEqual(packets.map(packet => tracePacket(host, packet)));
  });
});
