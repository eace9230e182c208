import type { AccessReport, AccessWay } from '../model/access-report.ts';
import { type CellLike, cell, hanging, type Layout, paint } from './layout.ts';
import { fields, section } from './sections.ts';
import { visibleReport } from './visible-report.ts';
import { yamlText } from './yaml.ts';

/** The ways into nodes as text, in the order that they are tried; the role of each that is not open. */
export function accessText(original: AccessReport, roles: boolean, layout: Layout): string {
  const report = visibleReport(original);
  const { user, namespace, podSecurity, node, ways } = report;
  const pairs: [string, CellLike][] = [
    ['User', user ?? cell('? not known', 'doubt')],
    ['Debug pods in', `${namespace}${podSecurity === null ? '' : `, which enforces PodSecurity ${podSecurity}`}`],
  ];
  const lines = [
    paint(`Ways into ${node ?? 'nodes'}`, 'title', layout),
    ...fields(pairs, layout),
    ...ways.flatMap((way, at) => ['', ...wayLines(way, at + 1, layout)]),
    ...(roles
      ? ways.flatMap(({ way, role }) =>
          section(`The least role for --via ${way}`, yamlText(role).trimEnd().split('\n'), layout),
        )
      : ['', 'The least role for each: --roles']),
  ];
  return `${lines.join('\n')}\n`;
}

function wayLines(
  { way, title, open, needs, refusal, through, blind }: AccessWay,
  number: number,
  layout: Layout,
): string[] {
  const state = open === null ? cell('? not known', 'doubt') : open ? cell('✓ open', 'good') : cell('✗ closed', 'bad');
  const missing = needs.filter(({ allowed }) => allowed === false).map(({ what }) => what);
  const unknown = needs.filter(({ allowed }) => allowed === null).map(({ what }) => what);
  return [
    ...hanging('', cell(`${number}. --via ${way}: ${title}`, 'name'), layout),
    ...hanging('   ', state, layout),
    ...(missing.length === 0 ? [] : hanging('   ', cell(`✗ you may not ${missing.join(', ')}`, 'bad'), layout)),
    ...(unknown.length === 0 ? [] : hanging('   ', cell(`? may you ${unknown.join(', ')}`, 'doubt'), layout)),
    ...(refusal === null ? [] : hanging('   ', cell(`✗ ${refusal}`, 'bad'), layout)),
    ...(through.length === 0 ? [] : hanging('   ', `through ${through.join(', ')}`, layout)),
    ...(blind === '' ? [] : hanging('   ', cell(`not seen: ${blind}`, 'label'), layout)),
  ];
}
