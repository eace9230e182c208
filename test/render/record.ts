/**
 * Writes the reports of cases.ts anew from the recorded snapshot, and their expected texts; look at the difference before
 * you commit it.
 */
import { writeFileSync } from 'node:fs';
import { nodeReport } from '../../src/app/node.ts';
import { podReport } from '../../src/app/pod.ts';
import { openBundle } from '../../src/collect/bundle-source.ts';
import { jsonText } from '../../src/render/json.ts';
import { drawings, reportFile } from './cases.ts';

const snapshot = await openBundle(new URL('../cli/fixtures/web.tar.gz', import.meta.url).pathname);
const pod = (name: string, evidence: boolean) => podReport(snapshot, { namespace: 'default', name }, { evidence });

writeFileSync(reportFile('pod-bridge'), jsonText(pod('web-8fdffd5df-skr6x', false)));
writeFileSync(reportFile('pod-routed'), jsonText(pod('web-8fdffd5df-cbdmw', true)));
writeFileSync(reportFile('node'), jsonText(nodeReport(snapshot, 'node1', { evidence: false })));
for (const { file, draw } of drawings) writeFileSync(file, draw());
