/**
 * Writes the reports of cases.ts anew from the recorded snapshot, and their expected texts; look at the difference before
 * you commit it.
 */
import { writeFileSync } from 'node:fs';
import { nodeChains } from '../../src/app/chains.ts';
import { nodeReport } from '../../src/app/node.ts';
import { podReport } from '../../src/app/pod.ts';
import { serviceReport } from '../../src/app/service.ts';
import { openBundle } from '../../src/collect/bundle-source.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';
import { jsonText } from '../../src/render/json.ts';
import { drawings, reportFile } from './cases.ts';

const snapshot = await openBundle(new URL('../cli/fixtures/web.tar.gz', import.meta.url).pathname);
const pod = (name: string, evidence: boolean) => podReport(snapshot, { namespace: 'default', name }, { evidence });

const service = (of: Snapshot, evidence: boolean) =>
  serviceReport(of, { target: { namespace: 'default', name: 'web' }, nodes: [], evidence });

/** The API as it would be a little later, with a pod on its way out. */
function withoutOnePod(): Snapshot {
  const path = 'cluster/endpointslices.json';
  const list = JSON.parse(snapshot.files.get(path) ?? '');
  for (const { metadata, endpoints } of list.items)
    if (metadata.name.startsWith('web-')) {
      metadata.annotations['endpoints.kubernetes.io/last-change-trigger-time'] = snapshot.index.time;
      endpoints.splice(0, 1);
      endpoints[0].conditions = { ready: false, serving: true, terminating: true };
    }
  const time = new Date(Date.parse(snapshot.index.time) + 252_000).toISOString();
  return { index: { ...snapshot.index, time }, files: new Map(snapshot.files).set(path, JSON.stringify(list)) };
}

writeFileSync(reportFile('pod-bridge'), jsonText(pod('web-8fdffd5df-skr6x', false)));
writeFileSync(reportFile('pod-routed'), jsonText(pod('web-8fdffd5df-cbdmw', true)));
writeFileSync(reportFile('node'), jsonText(nodeReport(snapshot, 'node1', { evidence: false })));
writeFileSync(reportFile('service'), jsonText(service(snapshot, true)));
writeFileSync(reportFile('service-differs'), jsonText(service(withoutOnePod(), false)));
writeFileSync(reportFile('chains'), jsonText(nodeChains(snapshot, 'node3', { chain: null, evidence: false })));
const chain = { chain: 'ip/nat/KUBE-SERVICES', evidence: true };
writeFileSync(reportFile('chain'), jsonText(nodeChains(snapshot, 'node1', chain)));
for (const { file, draw } of drawings) writeFileSync(file, draw());
