import type { ConfigReport } from '../model/config.ts';
import { cell, type Layout, paint } from './layout.ts';
import { fields, section } from './sections.ts';
import { table } from './table.ts';
import { visibleReport } from './visible-report.ts';

/** The settings in force as text: each value, and where it comes from. */
export function configText(original: ConfigReport, layout: Layout): string {
  const { file, exists, settings, aliases } = visibleReport(original);
  const from = { flag: 'the command line', environment: '', file: 'the file', default: '' };
  const rows = settings.map(({ key, value, from: source, variable }) => ({
    cells: [
      cell(key, 'name'),
      value ?? '',
      source === 'environment' ? variable : source === 'default' && value !== null ? 'default' : from[source],
    ],
  }));
  const lines = [
    paint('Configuration', 'title', layout),
    ...fields([['File', exists ? file : `${file} (is not there)`]], layout),
    ...section('Settings', table(['KEY', 'VALUE', 'FROM'], rows, layout), layout),
    ...section(
      'Aliases',
      table(
        ['ALIAS', 'STANDS FOR'],
        aliases.map(({ name, words }) => ({ cells: [cell(name, 'name'), words.join(' ')] })),
        layout,
      ),
      layout,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
