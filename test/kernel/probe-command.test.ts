import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { ports, probeCommand } from '../../src/app/probe-command.ts';
import { parseProbe } from '../../src/parse/probe-output.ts';

const web = createHttpServer((_, answer) => answer.end('here'));
const others: Server[] = [];
const count = 6;
let taken: number[];

async function listen(server: Server, port: number, host: string): Promise<boolean> {
  server.listen(port, host);
  return await once(server, 'listening').then(
    () => true,
    () => false,
  );
}

/** The first of a run of ports, half of which somebody else has. */
beforeAll(async () => {
  await listen(web, 0, '127.0.0.1');
  for (let first = ports.first; first < ports.last; first += 100) {
    taken = [0, 2, 4].map(offset => first + offset);
    const servers = taken.map(() => createServer());
    const done = await Promise.all(servers.map((server, at) => listen(server, taken[at] ?? 0, '0.0.0.0')));
    others.push(...servers);
    if (done.every(Boolean)) return;
  }
  throw new Error('no three ports are free');
});

afterAll(() => {
  for (const server of [web, ...others]) server.close();
});

test.each(['http', 'tcp'] as const)('%s goes on from another port where one is taken', async kind => {
  const { argv, deadlineSeconds } = probeCommand({
    ...{ kind, family: 'IPv4', address: '127.0.0.1', port: (web.address() as AddressInfo).port },
    ...{ http: { path: '/', host: null, tls: false }, count, timeoutSeconds: 2, firstPort: taken[0] ?? 0 },
  });
  const [command = '', ...args] = argv;
  const { stdout } = await execa(command, args, { timeout: deadlineSeconds * 1000 });
  const attempts = parseProbe(kind, stdout, count);
  expect(attempts.map(({ failure }) => failure)).toEqual(Array.from({ length: count }, () => null));
  const used = attempts.map(({ sourcePort }) => sourcePort);
  expect(new Set(used).size).toBe(count);
  expect(used.filter(port => port !== null && taken.includes(port))).toEqual([]);
});
