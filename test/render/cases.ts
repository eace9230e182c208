import { readFileSync } from 'node:fs';
import type { ChainsReport } from '../../src/model/chains-report.ts';
import type { NodeReport, PodReport } from '../../src/model/report.ts';
import type { ServiceReport } from '../../src/model/service-report.ts';
import { chainsText } from '../../src/render/chains.ts';
import type { Layout } from '../../src/render/layout.ts';
import { nodeText } from '../../src/render/node.ts';
import { podText } from '../../src/render/pod.ts';
import { serviceText } from '../../src/render/service.ts';

const folder = new URL('./fixtures/', import.meta.url);

/** Reports of a real cluster (test/cli/fixtures/web.tar.gz; a service that differs from the API has been edited). */
const names = ['pod-bridge', 'pod-routed', 'node', 'service', 'service-differs', 'chains', 'chain'] as const;

export type ReportName = (typeof names)[number];

const layouts: Record<string, Layout> = {
  '40': { width: 40, colour: false },
  '80': { width: 80, colour: false },
  '120': { width: 120, colour: false },
  '120.colour': { width: 120, colour: true },
};

export interface Drawing {
  report: ReportName;
  layout: Layout;
  /** The file with the expected text. */
  file: URL;
  draw(): string;
}

export function readReport(name: ReportName): PodReport | NodeReport | ServiceReport | ChainsReport {
  return JSON.parse(readFileSync(reportFile(name), 'utf8'));
}

export function reportFile(name: ReportName): URL {
  return new URL(`${name}.json`, folder);
}

function drawn(name: ReportName, layout: Layout): string {
  const document = readReport(name);
  switch (document.kind) {
    case 'PodReport':
      return podText(document, layout);
    case 'NodeReport':
      return nodeText(document, layout);
    case 'ServiceReport':
      return serviceText(document, layout);
    case 'ChainsReport':
      return chainsText(document, layout);
  }
}

/** Every pair of a report and a layout. `node test/render/record.ts` writes the reports and expected texts anew. */
export const drawings: Drawing[] = names.flatMap(report =>
  Object.entries(layouts).map(([name, layout]) => ({
    report,
    layout,
    file: new URL(`${report}.${name}.txt`, folder),
    draw: () => drawn(report, layout),
  })),
);
