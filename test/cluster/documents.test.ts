import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { schemaErrors } from '../cli/published.ts';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

let cluster: Cluster;
let plugin: ReturnType<typeof pluginDirectory>;

beforeAll(async () => {
  plugin = pluginDirectory();
  cluster = await ensureCluster();
}, 120_000);

afterAll(() => plugin?.remove());

describe('the documents of commands that only a cluster can answer keep to their published schemas', () => {
  test.each([
    ['PlanReport', ['pod', 'shop/web-0', '--dry-run']],
    ['PlanReport', ['node', 'node3', '--dry-run']],
    ['PlanReport', ['snapshot', '--all-nodes', '--dry-run']],
    ['CleanupReport', ['cleanup', '--all', '--dry-run']],
    ['VersionReport', ['version']],
    ['PodReport', ['pod', 'shop/unschedulable']],
    ['PodReport', ['pod', 'shop/completed']],
  ])('%s: %j', async (kind, args) => {
    const { exitCode, stdout, stderr } = await netinspect(cluster, plugin.path, [...args, '-o', 'json']);
    expect([exitCode, stderr]).toEqual([0, '']);
    const document = JSON.parse(stdout ?? '');
    expect([document.kind, schemaErrors(document)]).toEqual([kind, null]);
  });
});
