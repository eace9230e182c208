import { expect, test } from '@jest/globals';
import { protocolNumber } from '../../src/model/protocols.ts';
import { portByName } from '../../src/parse/service-names.ts';
import { fixture } from '../parse/fixture.ts';

const lines = (path: string) =>
  fixture(path)
    .trimEnd()
    .split('\n')
    .map(line => line.split(/\s+/));

test('every protocol of Debian (getent protocols) has its number', () => {
  const told = lines('protocols.txt').filter(([, number]) => Number(number) < 256);
  expect(told.map(([name = '']) => [name, protocolNumber(name)])).toEqual(
    told.map(([name, number]) => [name, Number(number)]),
  );
  expect(told.length).toBeGreaterThan(50);
});

test('every port of Debian (getent services) has its number', () => {
  const told = lines('services.txt').filter(([, place = '']) => !place.endsWith('/ddp'));
  expect(told.map(([name = '']) => [name, portByName(name)])).toEqual(
    told.map(([name, place = '']) => [name, Number(place.split('/')[0])]),
  );
  expect(told.length).toBeGreaterThan(300);
});

test.each([
  ['TCP', 6],
  ['icmpv6', 58],
  ['47', 47],
  ['256', null],
  ['nothing', null],
  ['constructor', null],
])('%s is protocol %s', (text, number) => {
  expect(protocolNumber(text)).toBe(number);
});
