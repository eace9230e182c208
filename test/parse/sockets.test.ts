import { expect, test } from '@jest/globals';
import { parseSockets } from '../../src/parse/sockets.ts';
import { fixture } from './fixture.ts';

test('ss: address, port, owner and v6only of every listening or bound socket', () => {
  const { records, unread } = parseSockets(fixture('pod-a/sockets.txt'));
  expect(unread).toEqual([]);
  expect(
    records.map(({ protocol, address, port, v6only, processes }) => [
      protocol,
      address,
      port,
      v6only,
      processes[0]?.name,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['udp', '0.0.0.0', 5353, null, 'we"b (x'],
      ['udp', '*', 5354, false, 'we"b (x'],
      ['tcp', '127.0.0.1', 8082, null, 'we"b (x'],
      ['tcp', '0.0.0.0', 8083, null, 'we"b (x'],
      ['tcp', 'fd00:244:0:1::2', 8084, true, 'we"b (x'],
      ['tcp', '*', 8080, false, 'we"b (x'],
      ['tcp', '::', 8081, true, 'we"b (x'],
    ]),
  );
});

test.each([
  [
    'several processes',
    'tcp LISTEN 0 5 *:80 *:* users:(("a b",pid=1,fd=3),("c",pid=22,fd=4))',
    {
      processes: [
        { name: 'a b', pid: 1 },
        { name: 'c', pid: 22 },
      ],
    },
  ],
  ['no process', 'tcp LISTEN 0 5 *:80 *:* ino:1 sk:2 <->', { processes: [], v6only: null }],
  [
    'a name that looks like a field',
    'tcp LISTEN 0 5 *:80 *:* users:(("x",pid=1",pid=7,fd=3)) v6only:1',
    { v6only: true },
  ],
  [
    'bound to a device',
    'udp UNCONN 0 0 [fe80::1]%eth0:546 [::]:* users:(("dhc",pid=7,fd=3))',
    { address: 'fe80::1', port: 546 },
  ],
])('ss: %s', (_, line, expected) => {
  expect(parseSockets(line).records[0]).toMatchObject(expected);
});

test.each([
  ['tcp LISTEN 0 5 0.0.0.0', 'no numeric local address'],
  ['tcp LISTEN 0 5 0.0.0.0:http 0.0.0.0:*', 'no numeric local address'],
  ['(null)', 'not a socket line of ss'],
  ['killed', 'not a socket line of ss'],
])('ss: %s is handed back unread', (raw, why) => {
  expect(parseSockets(`${raw}\n`)).toEqual({ records: [], unread: [{ raw, line: 1, why }], problem: null });
});
