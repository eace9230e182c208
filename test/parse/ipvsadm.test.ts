import { describe, expect, test } from '@jest/globals';
import { parseIpvsadm } from '../../src/parse/ipvsadm.ts';
import type { IpvsRecord } from '../../src/parse/ipvsadm-records.ts';
import { fixture } from './fixture.ts';

// fixtures/guest/record.sh: ipvsadm v1.31 in a virtual machine with kernel 6.1.
const recorded = (name: string) => fixture(`guest/ipvs/${name}.txt`);
const saved = parseIpvsadm(recorded('save'));

/** Without its place, and with what the form does not tell left out; in an order that does not depend on the form. */
function facts(records: readonly IpvsRecord[], ...untold: string[]): string[] {
  return records
    .map(({ raw, line, ...record }) => ({ ...record, ...Object.fromEntries(untold.map(name => [name, undefined])) }))
    .map(record => JSON.stringify(record, Object.keys(record).sort()))
    .sort();
}

describe('ipvsadm --save --numeric, recorded in a virtual machine', () => {
  test('every line is a record', () => {
    expect(saved).toMatchObject({ unread: [], problem: null });
    expect(saved.records.map(({ raw }) => raw)).toEqual(recorded('save').trimEnd().split('\n'));
  });

  test.each([
    ['-A -t 10.96.0.20:443', { protocol: 'tcp', virtual: '10.96.0.20:443', scheduler: 'wrr', persistence: 10800 }],
    ['-a -t 10.96.0.10:80 -r 10.244.1.3', { real: '10.244.1.3:8080', weight: 0, forwarding: 'masquerade' }],
    ['-a -t 10.96.0.20:443 -r 172.31.99.2', { weight: 65535 }],
    ['-A -u 10.96.0.10:53', { protocol: 'udp', scheduler: 'lc', onePacket: true, persistence: null }],
    ['-A -u 10.96.0.30:0', { virtual: '10.96.0.30:0', persistence: 360 }],
    ['-a -t 10.96.0.40:80 -r 192.0.2.7', { weight: 2, forwarding: 'tunnel' }],
    ['-a -t 10.96.0.40:80 -r 192.0.2.8', { weight: 2, forwarding: 'route' }],
    ['-A --sctp-service', { protocol: 'sctp', virtual: '10.96.0.10:9' }],
    ['-A -f 7', { protocol: null, virtual: '7', family: 'IPv4', persistence: 300 }],
    ['-A -f 8', { protocol: null, virtual: '8', family: 'IPv6' }],
    ['-a -t [fd00:96::a]:80', { virtual: '[fd00:96::a]:80', real: '[fd00:244::2]:8080' }],
  ])('%s', (start, expected) => {
    expect(saved.records.find(({ raw }) => raw.startsWith(start))).toMatchObject(expected);
  });

  test.each([
    ['-A -t 10.0.0.1:80', { scheduler: 'wlc', persistence: null }],
    ['--add-service --tcp-service 10.0.0.1:80 --persistent', { scheduler: 'wlc', persistence: 360 }],
    ['-a -t 10.0.0.1:80 -r 10.0.0.2:80', { weight: 1, forwarding: 'route' }],
    ['-a -t 10.0.0.1:80 -r 10.0.0.2:80 --masquerading --weight 5', { weight: 5, forwarding: 'masquerade' }],
  ])('written by hand: %s has the defaults of ipvsadm(8)', (line, expected) => {
    expect(parseIpvsadm(line).records[0]).toMatchObject(expected);
  });
});

describe('the other forms, recorded at the same moment, say the same', () => {
  test.each([
    ['--list', 'list', []],
    ['/proc/net/ip_vs: persistence in ticks, firewall marks without family', 'proc', ['persistence', 'family']],
    ['--persistent-conn: no forwarding', 'persistent', ['forwarding']],
    ['--thresholds: no weight, no forwarding', 'thresholds', ['forwarding', 'weight']],
    ['--stats: counters only', 'stats', ['forwarding', 'weight', 'scheduler', 'persistence', 'onePacket']],
    ['--stats --exact', 'stats-exact', ['forwarding', 'weight', 'scheduler', 'persistence', 'onePacket']],
    ['--list without --numeric', 'list-names', []],
    ['--save without --numeric', 'save-names', []],
    ['--rate', 'rate', ['forwarding', 'weight', 'scheduler', 'persistence', 'onePacket']],
  ])('%s', (_, name, untold) => {
    const { records, unread, problem } = parseIpvsadm(recorded(name));
    expect({ unread, problem }).toEqual({ unread: [], problem: null });
    expect(facts(records.map(shortAddress), ...untold)).toEqual(facts(saved.records, ...untold));
  });

  test('--list of one', () => {
    const one = saved.records.filter(({ protocol, virtual }) => protocol === 'udp' && virtual === '10.96.0.10:53');
    expect(facts(parseIpvsadm(recorded('one')).records)).toEqual(facts(one));
  });

  /** The kernel writes all digits of an IPv6 address. */
  function shortAddress(record: IpvsRecord): IpvsRecord {
    const short = (text: string) =>
      text.replace(
        /^\[(?:[0-9a-f]{4}:){7}[0-9a-f]{4}\]/,
        long => `[${new URL(`http://${long}`).hostname.slice(1, -1)}]`,
      );
    const virtual = short(record.virtual);
    return record.kind === 'real' ? { ...record, virtual, real: short(record.real) } : { ...record, virtual };
  }

  test.each(['stats', 'rate'])('--%s does not say how it schedules', name => {
    const of = (kind: string) => parseIpvsadm(recorded(name)).records.filter(record => record.kind === kind);
    expect(of('virtual')).toContainEqual(expect.objectContaining({ scheduler: null, persistence: 'unknown' }));
    expect(of('real')).toContainEqual(expect.objectContaining({ weight: null, forwarding: null }));
  });

  test.each(['list-empty', 'save-empty', 'proc-empty'])('%s: no virtual server', name => {
    expect(parseIpvsadm(recorded(name))).toEqual({ records: [], unread: [], problem: null });
  });
});

describe('what cannot be read is handed back', () => {
  test.each([
    ['TCP  10.96.0.10:nosuch rr', '10.96.0.10:nosuch'],
    ['TCP  node-1.example:http rr', 'node-1.example:http'],
    ['TCP  http rr', 'http'],
    ['-A -t 10.96.0.10:nosuch -s rr', '10.96.0.10:nosuch'],
    ['-a -t 10.96.0.10:80 -r web-0.web:http -m -w 1', 'web-0.web:http'],
  ])('%s: a name that is not known is not guessed', (raw, place) => {
    const why = `${place} is not an address and a port that is known (ipvsadm --numeric prints them in numbers)`;
    expect(parseIpvsadm(raw)).toEqual({ records: [], unread: [{ raw, line: 1, why }], problem: null });
  });

  test.each([
    ['x', 'neither a virtual server (TCP, UDP, SCTP, FWM) nor a real one (->)'],
    ['  -> 10.0.0.1:80 Masq 1 0 0', 'a real server without its virtual server'],
    ['FWM  x rr', 'x is not a firewall mark'],
    ['-C', 'neither -A nor -a'],
    ['-A -s rr', 'no virtual server'],
    ['-A -f x', 'x is not a firewall mark'],
    ['-a -t 10.0.0.1:80 -m', 'no real server'],
  ])('%s', (raw, why) => {
    expect(parseIpvsadm(raw)).toEqual({ records: [], unread: [{ raw, line: 1, why }], problem: null });
  });

  test('a real server below a virtual one that could not be read is not put under another', () => {
    const text =
      'TCP  10.0.0.1:80 rr\n  -> 10.0.0.2:80 Masq 1 0 0\nTCP  10.0.0.1:nosuch rr\n  -> 10.0.0.3:80 Masq 1 0 0\n';
    const { records, unread } = parseIpvsadm(text);
    expect(records).toHaveLength(2);
    expect(unread.map(({ line }) => line)).toEqual([3, 4]);
  });
});
