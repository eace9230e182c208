import type { Egress, Interface, PodReport } from '../../model/report.ts';
import { type CellLike, cell, columnsOf, hanging, type Layout, pad, paint, textOf } from '../../render/layout.ts';
import { address, count, destination } from '../../render/words.ts';
import { shorten } from '../columns.ts';

/** A place on the pod's way: an interface, or where its network ends. */
interface Stop {
  title: string;
  lines: CellLike[];
  /** What joins it to the next one: in few words, and in full. */
  link: readonly [short: string, full: string] | null;
}

/** Notes that are about a place of the way: it has their sign. */
const noted = {
  pod: new Set(['nobody-listens', 'endpoint-not-ready', 'unknown-container']),
  peer: new Set(['peer-by-index', 'route-not-to-pod']),
};

/**
 * The pod's way to the network as a picture: the pod, the other end on the node, the bridge or the node's routes, and the
 * ways out of the node. Boxes stand side by side where there is room, else one under the other. The report is made safe to
 * print before (visibleReport).
 */
export function podPicture(report: PodReport, layout: Layout): string[] {
  const stops = stopsOf(report);
  const exits = exitLines(report, layout);
  if (stops.length === 0) return exits;
  const beside = sideBySide(stops, exits.length > 0, layout);
  return [...(beside ?? stacked(stops, exits.length > 0, layout)), ...exits];
}

function stopsOf(report: PodReport): Stop[] {
  const { attachment, pod, netns, notes } = report;
  const node = report.node?.name ?? 'the node';
  const warned = (codes: ReadonlySet<string>) => (notes.some(({ code }) => codes.has(code)) ? '⚠ ' : '');
  if (attachment.kind === 'host-network')
    return [{ title: `${warned(noted.pod)}${node}`, lines: ["the pod has the node's own network"], link: null }];
  const name = `${warned(noted.pod)}pod ${pod.namespace}/${pod.name}`;
  const stops = report.interfaces.flatMap(({ peer, ...own }): Stop[] => {
    const inode = netns === null ? [] : [`netns ${netns.inode}`];
    const whole: Stop = {
      title: name,
      lines: [...interfaceLines(own, peer === null ? own.name : `${own.name}@if${peer.index}`, ''), ...inode],
      link: peer === null ? [own.kind, `${own.kind}: its other end on the node is not known`] : linkOf(own, peer),
    };
    if (peer === null) return [whole];
    const lines = interfaceLines(peer, peer.name, peer.mtu < own.mtu ? '⚠ ' : '');
    return [whole, { title: `${warned(noted.peer)}${node}`, lines, link: null }];
  });
  const last = stops.at(-1);
  if (last === undefined) return [];
  switch (attachment.kind) {
    case 'bridge': {
      const { bridge, members } = attachment;
      const smallest = Math.min(...report.interfaces.map(({ mtu }) => mtu));
      const lines = interfaceLines(bridge, `${bridge.name} bridge`, bridge.mtu < smallest ? '⚠ ' : '');
      last.link = ['port', 'a port of'];
      return [...stops, { title: node, lines: [...lines, count(members.length, 'port')], link: null }];
    }
    case 'routed': {
      const routes = attachment.routes.map(
        ({ destination: to, interface: by }) => `${to}${by === null ? '' : ` dev ${by}`}`,
      );
      last.link = ['routed', 'routed, no bridge'];
      const lines: CellLike[] = routes.length === 0 ? [cell('✗ no host route found', 'bad')] : routes;
      return [...stops, { title: `${node} routes`, lines, link: null }];
    }
    case 'unknown':
      last.link = ['?', `? not known how it goes on: ${attachment.why}`];
      return stops;
  }
}

function linkOf(own: Interface, peer: Interface): readonly [string, string] {
  return [own.kind, `${own.kind} pair, index ${own.index} ⇄ ${peer.index}`];
}

function interfaceLines(link: Interface, name: string, doubt: string): CellLike[] {
  const up = link.state === 'UP' || link.state === 'UNKNOWN';
  const state = link.state === 'UNKNOWN' ? '' : up ? '✓ UP' : `✗ ${link.state}`;
  const mtu = `${doubt}MTU ${link.mtu}`;
  return [
    cell(`${name}  ${state}`.trimEnd(), up ? 'name' : 'bad'),
    doubt === '' ? mtu : cell(mtu, 'doubt'),
    ...link.addresses.filter(({ scope }) => scope !== 'link').map(address),
    ...(link.mac === null ? [] : [cell(link.mac, 'label')]),
  ];
}

/** The boxes in a row, joined at their second line; null: there is no room. */
function sideBySide(stops: readonly Stop[], goesOn: boolean, layout: Layout): string[] | null {
  const widths = stops.map(innerWidth);
  const links = stops.slice(0, -1).map(({ link }) => ` ${link?.[0] ?? ''} `);
  const whole =
    widths.reduce((sum, width) => sum + width + 4, 2) + links.reduce((sum, link) => sum + columnsOf(link), 0);
  if (whole > layout.width || stops.length < 2) return null;
  const height = Math.max(...stops.map(({ lines }) => lines.length));
  const last = stops.length - 1;
  const rows: string[] = [];
  for (let at = -1; at <= height; at++) {
    let row = '  ';
    stops.forEach((stop, index) => {
      const join = at === 1;
      const piece = boxLine(
        stop,
        at,
        widths[index] ?? 0,
        {
          left: join && index > 0,
          right: join && index < last,
          below: index === last && goesOn ? 'middle' : null,
        },
        layout,
      );
      row += piece;
      const link = links[index] ?? '';
      row += at === 0 ? paint(link, 'label', layout) : (join ? '─' : ' ').repeat(columnsOf(link));
    });
    rows.push(row.trimEnd());
  }
  if (!goesOn) return rows;
  // From below the last box back to the left edge, where the ways out stand.
  const column = whole - Math.ceil(((widths[last] ?? 0) + 4) / 2);
  const box = stops[last]?.lines.length ?? 0;
  for (let at = box + 2; at < rows.length; at++) rows[at] = `${pad(rows[at] ?? '', column)}│`;
  return [...rows, `  ┌${'─'.repeat(Math.max(0, column - 3))}┘`];
}

function stacked(wide: readonly Stop[], goesOn: boolean, layout: Layout): string[] {
  const room = Math.max(1, layout.width - 6);
  const stops = wide.map(stop => ({ ...stop, lines: joined(stop.lines, room) }));
  const width = Math.min(Math.max(...stops.map(innerWidth)), room);
  return stops.flatMap((stop, index) => {
    const below = index < stops.length - 1 || goesOn;
    const joints = { left: false, right: false, below: below ? ('edge' as const) : null };
    const lines = Array.from(
      { length: stop.lines.length + 2 },
      (_, at) => `  ${boxLine(stop, at - 1, width, joints, layout)}`,
    );
    if (stop.link !== null) return [...lines, ...hanging('  │ ', cell(stop.link[1], 'label'), layout)];
    return below ? [...lines, '  │'] : lines;
  });
}

/** Fewer and longer lines; what has a sign of its own stays by itself. */
function joined([first = '', ...rest]: readonly CellLike[], width: number): CellLike[] {
  const lines: CellLike[] = [first];
  let open = '';
  for (const value of [...rest, null]) {
    const loud = value !== null && typeof value !== 'string' && value.meaning !== 'label';
    const longer = value === null || loud ? null : [open, textOf(value)].filter(text => text !== '').join(' · ');
    if (longer !== null && columnsOf(longer) <= width) {
      open = longer;
      continue;
    }
    if (open !== '') lines.push(open);
    open = value === null || loud ? '' : textOf(value);
    if (loud) lines.push(value);
  }
  return lines;
}

function innerWidth({ title, lines }: Stop): number {
  return Math.max(columnsOf(title), ...lines.map(line => columnsOf(textOf(line))));
}

interface Joints {
  left: boolean;
  right: boolean;
  /** Where its lower edge goes on. */
  below: 'middle' | 'edge' | null;
}

/** One line of a box: -1 is its title, after the last one comes its lower edge, then nothing. */
function boxLine(stop: Stop, at: number, width: number, joints: Joints, layout: Layout): string {
  const { title, lines } = stop;
  if (at === -1) {
    const name = shorten(title, width);
    return `┌ ${paint(name, 'title', layout)} ${'─'.repeat(width - columnsOf(name))}┐`;
  }
  if (at < lines.length) {
    const value = lines[at] ?? '';
    const text = shorten(textOf(value), width);
    const painted = paint(text, typeof value === 'string' ? 'plain' : value.meaning, layout);
    return `${joints.left ? '┤' : '│'} ${painted}${pad('', width - columnsOf(text))} ${joints.right ? '├' : '│'}`;
  }
  if (at > lines.length) return ' '.repeat(width + 4);
  if (joints.below !== 'middle') return `${joints.below === null ? '└' : '├'}${'─'.repeat(width + 2)}┘`;
  const before = Math.floor((width + 2) / 2);
  return `└${'─'.repeat(before)}┬${'─'.repeat(width + 1 - before)}┘`;
}

/** The ways out of the node, each with its device, and what carries it on. */
function exitLines(report: PodReport, layout: Layout): string[] {
  return report.egress.flatMap((egress, index) => {
    const last = index === report.egress.length - 1;
    const words = exitWords(egress, report);
    const value = egress.interface === null ? cell(words, 'bad') : words;
    return hanging(`  ${last ? '└→' : '├→'} `, value, layout).map((line, row) =>
      row === 0 ? line : `${last ? '     ' : '  │  '}${line.slice(5)}`,
    );
  });
}

function exitWords(egress: Egress, { overlays, mtu, interfaces }: PodReport): string {
  const to = destination(egress.destination, egress.family);
  if (egress.interface === null) return `${to}: ✗ discarded (${egress.type})`;
  const way = mtu.find(
    ({ family, destinations }) => family === egress.family && destinations.includes(egress.destination),
  );
  const own = way?.hops.findLast(hop => hop.interface === egress.interface)?.mtu;
  const small = own !== undefined && interfaces.some(each => each.mtu > own) ? '⚠ ' : '';
  const device = `${egress.interface}${own === undefined ? '' : ` (${small}MTU ${own})`}`;
  const overlay = overlays.find(each => each.device === egress.interface);
  const remote = overlay?.remotes.find(({ routes }) => routes.includes(egress.destination));
  const hop = egress.nextHop === null ? 'directly connected' : `next hop ${egress.nextHop}`;
  if (overlay === undefined) return `${device} ── ${hop} ── ${to}`;
  const carrier = overlay.underlay === null ? '' : ` over ${overlay.underlay}`;
  const end = remote === undefined ? hop : (remote.node ?? remote.address);
  return `${device} ══ ${overlay.kind}${carrier} ══ ${end} ── ${to}`;
}
