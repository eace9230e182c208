import { expect, test } from '@jest/globals';
import { RouteTable } from '../../../src/analyse/trace/route-table.ts';
import { parsePrefix } from '../../../src/model/address.ts';
import { parseRouteText } from '../../../src/parse/route-text.ts';
import { fixture } from '../../parse/fixture.ts';

// fixtures/iproute2/record.sh: `ip route get` of the kernel that has these routes.
const main = new RouteTable(
  'IPv4',
  parseRouteText(fixture('iproute2/route4.txt')).records.filter(({ table }) => table === 'main'),
);

test.each(
  fixture('iproute2/route-get.txt')
    .trimEnd()
    .split('\n')
    .map(line => line.split(' ')),
)('%s goes out by %s, as the kernel says', (address = '', device) => {
  const route = main.find(parsePrefix(address)?.value ?? 0n, null);
  expect(route?.nextHops.map(hop => hop.device)).toContain(device);
});

test.each([
  ['fd01::5', 'eth1'],
  ['fd02::5', 'eth2'],
])('a route for sources is for these alone: from %s out by %s', (source, device) => {
  const routes = 'default from fd01::/64 via fe80::1 dev eth1 metric 2048\ndefault via fe80::2 dev eth2 metric 1024\n';
  const table = new RouteTable('IPv6', parseRouteText(routes).records);
  const route = table.find(parsePrefix('fd09::1')?.value ?? 0n, null, parsePrefix(source)?.value ?? null);
  expect(route?.nextHops.map(hop => hop.device)).toEqual([device]);
});
