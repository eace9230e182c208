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
