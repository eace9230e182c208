import type { EnvReport, ServiceEnv } from '../model/env-report.ts';
import { type CellLike, cell, type Layout, paint } from './layout.ts';
import { fields, gapLines, noteLines, nothing, section } from './sections.ts';
import { type Row, table } from './table.ts';
import { visibleReport } from './visible-report.ts';

/** A pod's service variables as text: each service in one line, variables only where they differ. */
export function envText(original: EnvReport, layout: Layout): string {
  const report = visibleReport(original);
  const { pod, containers, notes, gaps, time } = report;
  const lines = [
    paint(`Service variables of pod ${pod.namespace}/${pod.name}`, 'title', layout),
    ...fields([['Collected', time]], layout),
    ...section('Notes', noteLines(notes, layout), layout),
    ...containers.flatMap(({ name, pid, started, services }) =>
      section(
        `Container ${name}${pid === null ? '' : ` · PID ${pid}`}${started === null ? '' : ` · since ${started}`}`,
        pid === null
          ? nothing('no process of it was found', layout)
          : services.length === 0
            ? nothing('no service variables', layout)
            : serviceTable(services, layout),
        layout,
      ),
    ),
    ...section('Not known', gapLines(gaps, layout), layout),
  ];
  return `${lines.join('\n')}\n`;
}

const words: Record<ServiceEnv['state'], CellLike> = {
  same: cell('✓ as today', 'good'),
  stale: cell('✗ stale', 'bad'),
  gone: cell('✗ service is gone', 'bad'),
  missing: cell('? missing: made later', 'doubt'),
  shadowed: cell('⚠ shadowed by its own env', 'doubt'),
};

function serviceTable(services: readonly ServiceEnv[], layout: Layout): string[] {
  const rows = services.flatMap(({ service, prefix, state, variables }): Row[] => {
    const host = variables.find(({ name }) => name === `${prefix}_SERVICE_HOST`);
    const port = variables.find(({ name }) => name === `${prefix}_SERVICE_PORT`);
    const same = state === 'same' || state === 'missing';
    const differing = same ? [] : variables.filter(({ value, today }) => value !== today);
    return [
      {
        cells: [
          cell(service ?? '(none)', 'name'),
          words[state],
          same ? `${prefix}_SERVICE_HOST=${host?.value ?? ''}`.replace(/^.*=$/, '') : '',
          same && port?.value ? `:${port.value}` : '',
        ],
        evidence: variables.flatMap(({ evidence }) => evidence ?? []),
      },
      ...differing.map(({ name, value, today }) => ({
        cells: ['', '', value === null ? `(no ${name})` : `${name}=${value}`, today === null ? '' : `today ${today}`],
      })),
    ];
  });
  return table(['SERVICE', 'STATE', 'VARIABLE', 'PORT OR TODAY'], rows, layout);
}
