import type { Random } from '../random.ts';
import { address, type Domain, ports } from './domain.ts';
import type { Program } from './rule-lines.ts';

/** Elements of a set by its type; the types that the kernels of the tests have (not hash:net,net, hash:ip,mark, hash:mac). */
function elements(random: Random, domain: Domain): Record<string, () => string> {
  const one = () => address(random, domain);
  const net = () => random.pick(domain.networks.filter(network => !network.endsWith('/0')));
  const port = () => `${random.pick(['tcp', 'udp', 'sctp'])}:${random.pick(ports)}`;
  const icmp = domain.family === 4 ? 'icmp:8/0' : 'icmpv6:128/0';
  const service = () => (random.once(6) ? icmp : port());
  return {
    'hash:ip': one,
    'hash:net': () => `${random.once(2) ? one() : net()}${random.once(4) ? ' nomatch' : ''}`,
    'hash:ip,port': () => `${one()},${service()}`,
    'hash:net,port': () => `${net()},${service()}`,
    'hash:ip,port,ip': () => `${one()},${port()},${one()}`,
    'hash:ip,port,net': () => `${one()},${port()},${net()}`,
    'hash:net,iface': () => `${net()},${random.pick(['eth0', 'eth1', 'eth2', 'cni0'])}`,
    'bitmap:port': () => `${random.pick([...ports, '1000-8080'])}`,
    ...(domain.family === 4 ? { 'bitmap:ip': one } : {}),
  };
}

const options = (type: string, domain: Domain): string => {
  if (type === 'bitmap:port') return ' range 0-65535';
  if (type === 'bitmap:ip') return ' range 10.4.0.0-10.4.255.255';
  return ` family ${domain.family === 4 ? 'inet' : 'inet6'}`;
};

/** Sets of a random choice of types, for `ipset restore`, and their names by type. */
export function ipsetProgram(random: Random, domain: Domain): { program: Program; names: Record<string, string[]> } {
  const text: Program['text'][number][] = [];
  const names: Record<string, string[]> = {};
  const kinds = elements(random, domain);
  for (const type of random.some(Object.keys(kinds), random.between(2, 6))) {
    const name = `v${domain.family}-${type.replace(/[:,]/g, '-')}`;
    const element = kinds[type] ?? (() => '');
    const added = Array.from({ length: random.between(2, 6) }, element).filter(
      item => type !== 'bitmap:ip' || /^10\.4\./.test(item),
    );
    text.push(`create ${name} ${type}${options(type, domain)}`, {
      rules: added.map(item => `add -exist ${name} ${item}`),
    });
    names[type] = [name];
  }
  const members = [names['hash:ip'], names['hash:net']].flatMap(found => found ?? []);
  if (members.length > 0) {
    const name = `v${domain.family}-list`;
    text.push(`create ${name} list:set`, { rules: members.map(member => `add ${name} ${member}`) });
    names['list:set'] = [name];
  }
  return { program: { loader: 'ipset', text }, names };
}
