import type { Gap, MtuPath, Note, Overlay, Route } from '../model/report.ts';
import { evidenceLines } from './evidence.ts';
import { type CellLike, cell, columnsOf, hanging, type Layout, pad, paint } from './layout.ts';
import { type Row, table } from './table.ts';
import { destination, list } from './words.ts';

/** A titled section after an empty line; nothing when it has no lines. */
export function section(title: string, lines: readonly string[], layout: Layout): string[] {
  return lines.length === 0 ? [] : ['', paint(title, 'title', layout), ...lines];
}

/** Labelled values under each other. */
export function fields(pairs: readonly (readonly [string, CellLike])[], layout: Layout): string[] {
  const width = Math.max(...pairs.map(([label]) => columnsOf(label)));
  return pairs.flatMap(([label, value]) => hanging(['  ', cell(pad(label, width), 'label'), '  '], value, layout));
}

/** A line that says that there is nothing to show, and in how far that is known. */
export function nothing(text: string, layout: Layout): string[] {
  return hanging('  ', cell(text, 'label'), layout);
}

/** Routes; what is unicast and in the main table goes without saying. */
export function routeTable(routes: readonly Route[], layout: Layout): string[] {
  const rows = routes.map(
    (route): Row => ({
      cells: [
        route.type === 'unicast' ? route.destination : `${route.type} ${route.destination}`,
        route.gateway ?? '',
        cell(route.interface ?? '', 'name'),
        route.source ?? '',
        route.protocol ?? '',
        route.metric === null ? '' : String(route.metric),
        route.table === 'main' ? '' : route.table,
        route.mtu === null ? '' : String(route.mtu),
      ],
      evidence: route.evidence,
    }),
  );
  return table(['DESTINATION', 'GATEWAY', 'INTERFACE', 'SOURCE', 'PROTOCOL', 'METRIC', 'TABLE', 'MTU'], rows, layout);
}

/** Each overlay with its remote tunnel end points. */
export function overlayLines(overlays: readonly Overlay[], layout: Layout): string[] {
  return overlays.flatMap(overlay => {
    const parts = [
      `${overlay.kind}`,
      overlay.vni === null ? '' : `VNI ${overlay.vni}`,
      overlay.port === null ? '' : `UDP port ${overlay.port}`,
      overlay.local === null ? '' : `local ${overlay.local}`,
      overlay.underlay === null ? '' : `over ${overlay.underlay}`,
      `MTU ${overlay.mtu}`,
    ].filter(part => part !== '');
    const remotes = overlay.remotes.map(
      (remote): Row => ({
        cells: [remote.address, cell(remote.node ?? '', 'name'), remote.mac ?? '', list(remote.routes)],
      }),
    );
    return [
      ...hanging(['  ', cell(overlay.device, 'name'), '  '], parts.join(', '), layout),
      ...evidenceLines(overlay.evidence, layout),
      ...table(['REMOTE', 'NODE', 'MAC', 'ROUTES'], remotes, layout),
    ];
  });
}

/** Each way with the MTUs along it, under its destinations. */
export function mtuLines(paths: readonly MtuPath[], layout: Layout): string[] {
  return paths.flatMap(({ family, destinations, hops, evidence }) => [
    ...hanging('  ', cell(list(destinations.map(to => destination(to, family))), 'label'), layout),
    ...hanging('    ', hops.map(hop => `${hop.where} ${hop.interface} ${hop.mtu}`).join(' → '), layout),
    ...evidenceLines(evidence, layout),
  ]);
}

/** Notes in the order given, a warning with its sign. */
export function noteLines(notes: readonly Note[], layout: Layout): string[] {
  return notes.flatMap(note => [
    ...hanging(['  ', note.severity === 'warning' ? cell('⚠', 'doubt') : cell('·', 'label'), ' '], note.text, layout),
    ...evidenceLines(note.evidence, layout),
  ]);
}

/** What is not known, and why. */
export function gapLines(gaps: readonly Gap[], layout: Layout): string[] {
  return gaps.flatMap(gap => hanging(['  ', cell('?', 'doubt'), ' '], `${gap.subject}: ${gap.why}`, layout));
}
