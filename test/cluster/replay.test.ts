import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Cluster, ensureCluster } from './harness.ts';
import { netinspect, pluginDirectory } from './program.ts';

let cluster: Cluster;
let plugin: { path: string; remove: () => void };
let folder: string;

beforeAll(async () => {
  cluster = await ensureCluster();
  plugin = pluginDirectory();
  folder = mkdtempSync(join(tmpdir(), 'netinspect-replay-'));
}, 600_000);

afterAll(() => {
  plugin.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a saved run gives the same report as the live one', () => {
  test.each([
    ['a pod on a bridge, iptables-nft', ['pod', 'shop/web-0'], 'web.tar.gz'],
    ['a pod with two containers, iptables-legacy', ['pod', 'shop/two-containers-node2'], 'two.tar.gz'],
    ['a routed pod, nftables', ['pod', 'shop/plain-node3'], 'plain.tar.gz'],
    ['a host-network pod, with evidence', ['pod', 'shop/host-network-node2', '--evidence'], 'host.tar.gz'],
    ['a pod that no node takes', ['pod', 'shop/unschedulable'], 'pending.tar.gz'],
    ['a node, saved as a folder', ['node', 'node1'], 'node1'],
  ])(
    '%s',
    async (_, args, file) => {
      const path = join(folder, file);
      const live = await netinspect(cluster, plugin.path, [...args, '-o', 'json', '--save', path]);
      expect({ exitCode: live.exitCode, stderr: live.stderr }).toMatchObject({ exitCode: 0 });
      const saved = await netinspect(cluster, plugin.path, [...args, '-o', 'json', '--from', path]);
      expect(saved.exitCode).toBe(0);
      expect(saved.stdout).toBe(live.stdout);
    },
    60_000,
  );
});
