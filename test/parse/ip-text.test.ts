import { describe, expect, test } from '@jest/globals';
import { parseAddrs } from '../../src/parse/addr.ts';
import { parseLinks } from '../../src/parse/link.ts';
import { parseAddrText, parseLinkText } from '../../src/parse/link-text.ts';
import type { Parsed } from '../../src/parse/records.ts';
import { parseRoutes } from '../../src/parse/route.ts';
import { parseRouteText } from '../../src/parse/route-text.ts';
import { parseRules } from '../../src/parse/rule.ts';
import { parseRuleText } from '../../src/parse/rule-text.ts';
import { fixture } from './fixture.ts';

// fixtures/iproute2/record.sh: iproute2 6.1, the same moment as text, with -oneline and as JSON.
const recorded = (name: string) => fixture(`iproute2/${name}`);

/** All but the raw text. */
const facts = (parsed: Parsed<{ raw: string }>) => parsed.records.map(({ raw, ...rest }) => rest);

describe('the text forms of ip say the same as its JSON', () => {
  test.each([
    ['route4', parseRouteText, parseRoutes('IPv4')],
    ['route6', parseRouteText, parseRoutes('IPv6')],
    ['route', parseRouteText, parseRoutes(null)],
    ['rule4', parseRuleText('IPv4'), parseRules('IPv4')],
    ['rule6', parseRuleText('IPv6'), parseRules('IPv6')],
    ['addr', parseAddrText, parseAddrs],
    ['link', parseLinkText, parseLinks],
    ['link-details', parseLinkText, parseLinks],
  ] as const)('%s', (name, parseText, parseJson) => {
    const json = parseJson(recorded(`${name}.json`));
    const text = parseText(recorded(`${name}.txt`));
    expect({ unread: text.unread, problem: text.problem }).toEqual({ unread: [], problem: null });
    const told = (parsed: Parsed<{ raw: string }>) =>
      facts(parsed)
        .filter(fact => !lostInJson(fact))
        .map(withoutId);
    expect(told(text)).toEqual(told(json));
    expect(json.records.length).toBeGreaterThan(5);
  });

  /** iproute2 prints "dst" twice for a route with an IP tunnel of its own. */
  const lostInJson = (fact: object) => 'destination' in fact && fact.destination === '10.45.0.0/16';

  /** Another namespace is named in text where it has a name, and numbered in JSON. */
  const withoutId = (fact: object) => ('peerNetnsId' in fact ? { ...fact, peerNetnsId: null } : fact);

  test.each([
    ['route4', parseRouteText],
    ['route6', parseRouteText],
    ['rule4', parseRuleText('IPv4')],
    ['rule6', parseRuleText('IPv6')],
    ['link', parseLinkText],
  ] as const)('%s with -oneline', (name, parse) => {
    const { unread } = parse(recorded(`${name}.oneline.txt`));
    expect(unread).toEqual([]);
    expect(facts(parse(recorded(`${name}.oneline.txt`)))).toEqual(facts(parse(recorded(`${name}.txt`))));
  });

  test('addr with -oneline: interfaces without addresses are left out by ip', () => {
    const all = parseAddrText(recorded('addr.txt')).records.filter(({ addresses }) => addresses.length > 0);
    const oneline = parseAddrText(recorded('addr.oneline.txt'));
    expect(oneline.unread).toEqual([]);
    expect(facts(oneline)).toEqual(all.map(({ raw, ...rest }) => rest));
  });

  test('addr in colour', () => {
    expect(facts(parseAddrText(recorded('addr.colour.txt')))).toEqual(facts(parseAddrText(recorded('addr.txt'))));
  });

  test('ip addr has links, too', () => {
    expect(facts(parseLinkText(recorded('addr.txt')))).toEqual(facts(parseLinkText(recorded('link.txt'))));
  });
});

test('a route over an interface without carrier is used', () => {
  const route = parseRouteText(recorded('route4.txt')).records.find(({ raw }) => raw.includes('linkdown'));
  expect(route).toMatchObject({ destination: '10.66.0.0/24', nextHops: [{ device: 'out0', dead: false }] });
});

describe('what only the text tells', () => {
  test('a route with an IP tunnel of its own keeps its destination', () => {
    expect(parseRouteText(recorded('route4.txt')).records).toContainEqual(
      expect.objectContaining({ destination: '10.45.0.0/16', nextHops: [expect.objectContaining({ device: 'eth0' })] }),
    );
    expect(parseRoutes('IPv4')(recorded('route4.json')).unread.map(({ why }) => why)).toEqual([
      'its destination is lost: iproute2 prints "dst" twice, the second time for the tunnel',
    ]);
  });

  test('the raw text of a route with next hops is all of its lines', () => {
    const route = parseRouteText(recorded('route4.txt')).records.find(
      ({ destination }) => destination === '10.2.0.0/16',
    );
    expect(route?.raw.split('\n').map(line => line.trim())).toEqual([
      '10.2.0.0/16',
      'nexthop via 10.0.0.254 dev eth0 weight 3',
      'nexthop via 10.0.0.253 dev eth0 weight 1',
    ]);
  });
});

describe('what cannot be read is handed back with its line', () => {
  test.each([
    ['route', parseRouteText, 'RTNETLINK answers: x\n', 'no destination (an address, a CIDR or default)'],
    ['rule', parseRuleText('IPv4'), '\nx: from all\n', 'no priority ("PRIORITY: from …")'],
    ['rule', parseRuleText('IPv4'), '\n5: from all\n', 'no table and no action'],
    ['addr', parseAddrText, 'x\n', 'not "INDEX: NAME: <FLAGS>"'],
    ['link', parseLinkText, '1: lo\n', 'not "INDEX: NAME: <FLAGS>"'],
  ] as const)('%s %#', (_, parse, text, why) => {
    const { records, unread } = parse(text);
    expect(records).toEqual([]);
    expect(unread).toEqual([{ raw: text.trim(), line: text.startsWith('\n') ? 2 : 1, why }]);
  });
});
