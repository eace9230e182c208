import { readFileSync } from 'node:fs';
import type { NodeReport, PodReport } from '../../src/model/report.ts';
import type { Layout } from '../../src/render/layout.ts';
import { nodeText } from '../../src/render/node.ts';
import { podText } from '../../src/render/pod.ts';

const folder = new URL('./fixtures/', import.meta.url);

/** Reports of a real cluster (test/cli/fixtures/web.tar.gz), and the layouts in which each is drawn. */
const reports = { 'pod-bridge': 'pod', 'pod-routed': 'pod', node: 'node' } as const;

const layouts: Record<string, Layout> = {
  '40': { width: 40, colour: false },
  '80': { width: 80, colour: false },
  '120': { width: 120, colour: false },
  '120.colour': { width: 120, colour: true },
};

export interface Drawing {
  report: keyof typeof reports;
  layout: Layout;
  /** The file with the expected text. */
  file: URL;
  draw(): string;
}

export function readReport(name: keyof typeof reports): PodReport | NodeReport {
  return JSON.parse(readFileSync(reportFile(name), 'utf8'));
}

export function reportFile(name: keyof typeof reports): URL {
  return new URL(`${name}.json`, folder);
}

/** Every pair of a report and a layout. `node test/render/record.ts` writes the reports and expected texts anew. */
export const drawings: Drawing[] = (Object.keys(reports) as (keyof typeof reports)[]).flatMap(report =>
  Object.entries(layouts).map(([name, layout]) => ({
    report,
    layout,
    file: new URL(`${report}.${name}.txt`, folder),
    draw: () => {
      const document = readReport(report);
      return document.kind === 'PodReport' ? podText(document, layout) : nodeText(document, layout);
    },
  })),
);
