import { beforeAll, describe, expect, test } from '@jest/globals';
import { openSaved } from '../../src/app/open.ts';
import { podReport } from '../../src/app/pod.ts';
import type { PodReport } from '../../src/model/report.ts';
import { columnsOf } from '../../src/render/layout.ts';
import { podPicture } from '../../src/tui/pages/pod-picture.ts';

let bridged: PodReport;
let routed: PodReport;
let onHost: PodReport;
let away: PodReport;
beforeAll(async () => {
  const snapshot = await (await openSaved('demo')).collect({ pods: [], nodes: [] });
  const report = (name: string) => podReport(snapshot, { namespace: 'shop', name }, { evidence: false });
  bridged = report('web-0');
  routed = report('plain-node3');
  onHost = report('host-network-node1');
  away = report('web-1');
});

const draw = (report: PodReport, width: number) => podPicture(report, { width, colour: false });

test('side by side: pod, veth, bridge, and the ways out of the node with what carries them', () => {
  expect(draw(bridged, 100)).toEqual([
    '  ┌ ⚠ pod shop/web-0 ──┐      ┌ node1 ─────────────┐      ┌ node1 ─────────────┐',
    '  │ eth0@if7  ✓ UP     │ veth │ veth83c9f50a  ✓ UP │ port │ cni0 bridge  ✓ UP  │',
    '  │ MTU 1450           ├──────┤ MTU 1450           ├──────┤ MTU 1450           │',
    '  │ 10.244.1.2/24      │      │ be:6f:c9:6e:f1:f4  │      │ 10.244.1.1/24      │',
    '  │ fd00:244:0:1::2/64 │      └────────────────────┘      │ fd00:244:0:1::1/64 │',
    '  │ 9a:67:0b:a9:e9:e0  │                                  │ 42:c7:97:37:1b:72  │',
    '  │ netns 4026532484   │                                  │ 6 ports            │',
    '  └────────────────────┘                                  └──────────┬─────────┘',
    '  ┌──────────────────────────────────────────────────────────────────┘',
    '  ├→ eth0 (MTU 1500) ── next hop 172.31.99.1 ── default (IPv4)',
    '  ├→ flannel.1 (MTU 1450) ══ vxlan over eth0 ══ node2 ── 10.244.2.0/24',
    '  ├→ flannel.1 (MTU 1450) ══ vxlan over eth0 ══ node3 ── 10.244.3.0/24',
    '  ├→ eth0 (MTU 1500) ── next hop fd99::1 ── default (IPv6)',
    '  ├→ flannel-v6.1 (⚠ MTU 1430) ══ vxlan over eth0 ══ node2 ── fd00:244:0:2::/64',
    '  └→ flannel-v6.1 (⚠ MTU 1430) ══ vxlan over eth0 ══ node3 ── fd00:244:0:3::/64',
  ]);
});

test('one under the other where there is no room: a routed pod', () => {
  expect(draw(routed, 74).slice(0, 16)).toEqual([
    '  ┌ pod shop/plain-node3 ──────────────────────────────────────────────┐',
    '  │ eth0@if6  ✓ UP                                                     │',
    '  │ MTU 1450 · 10.244.3.3/24 · fd00:244:0:3::3/64 · f6:b3:12:c0:41:2a  │',
    '  │ netns 4026532977                                                   │',
    '  ├────────────────────────────────────────────────────────────────────┘',
    '  │ veth pair, index 2 ⇄ 6',
    '  ┌ node3 ─────────────────────────────────────────────────────────────┐',
    '  │ veth1e6a23cf  ✓ UP                                                 │',
    '  │ MTU 1450 · 10.244.3.1/32 · fd00:244:0:3::1/128 · 2a:c8:5d:36:15:01 │',
    '  ├────────────────────────────────────────────────────────────────────┘',
    '  │ routed, no bridge',
    '  ┌ node3 routes ──────────────────────────────────────────────────────┐',
    '  │ 10.244.3.3/32 dev veth1e6a23cf                                     │',
    '  │ fd00:244:0:3::3/128 dev veth1e6a23cf                               │',
    '  ├────────────────────────────────────────────────────────────────────┘',
    '  │',
  ]);
});

describe('what is wrong is marked where it is', () => {
  const changed = (change: (pod: PodReport) => void) => {
    const report = structuredClone(bridged);
    change(report);
    return draw(report, 200).join('\n');
  };
  test.each<[string, (pod: PodReport) => void, RegExp]>([
    [
      'an interface that is down',
      ({ interfaces: [eth0] }) => {
        if (eth0?.peer) eth0.peer.state = 'DOWN';
      },
      /│ veth83c9f50a {2}✗ DOWN │/,
    ],
    [
      'a bridge with a smaller MTU',
      ({ attachment }) => {
        if (attachment.kind === 'bridge') attachment.bridge.mtu = 1400;
      },
      /⚠ MTU 1400/,
    ],
    [
      'a way out that discards',
      ({ egress: [first] }) => {
        if (first) Object.assign(first, { interface: null, type: 'blackhole' });
      },
      /├→ default \(IPv4\): ✗ discarded \(blackhole\)/,
    ],
    [
      'another end that is not known',
      ({ interfaces: [eth0] }) => {
        if (eth0) eth0.peer = null;
      },
      /│ eth0 {2}✓ UP/,
    ],
    [
      'no route to the pod',
      report => {
        report.attachment = { kind: 'routed', routes: [] };
      },
      /✗ no host route found/,
    ],
  ])('%s', (_what, change, expected) => {
    expect(changed(change)).toMatch(expected);
  });
});

test("a pod in the node's network has no picture of its own", () => {
  expect(draw(onHost, 100)[1]).toBe("  │ the pod has the node's own network │");
});

test('of a node that was not looked at there are the ways out alone', () => {
  expect(draw(away, 100)[0]).toMatch(/^ {2}├→ eth0/);
});

test.each(Array.from({ length: 19 }, (_, at) => 24 + at * 10))('nothing is wider than %d columns', width => {
  for (const report of [bridged, routed, onHost, away])
    for (const line of draw(report, width)) expect(columnsOf(line)).toBeLessThanOrEqual(width);
});
