import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Built, build } from '../build/build.ts';
import { exclusively } from '../exclusive.ts';
import { runKubectl } from '../kubectl.ts';
import { kubeconfigPath, stateDir } from '../paths.ts';
import { nodes } from '../plan.ts';
import type { Say } from '../say.ts';
import { controlCgroup, createCgroup, insideCgroup } from './cgroups.ts';
import { createBridge, startApiServer, startControllers, startRegistry } from './control-plane.ts';
import { logPath } from './daemon.ts';
import { removeEverything } from './down.ts';
import { awaitContainerd, startFlanneld, startKubelet, startNode } from './node.ts';
import { createPki } from './pki.ts';
import { hasRemains } from './remains.ts';
import { clusterState, markStarted } from './status.ts';
import { saveSysctls } from './sysctls.ts';
import { applyDns, applySystem, applyWorkloads, awaitServices, awaitWorkloads, type Kubectl } from './workloads.ts';

/** Starts the cluster unless it is up and well; what is left of a broken one is cleaned away first. */
export async function up(say: Say): Promise<void> {
  if (await isUp(say)) return;
  const built = await build(say);
  await exclusively('cluster', say, async () => {
    if (await isUp(say)) return; // another process was faster
    if (await hasRemains()) {
      say(`cleaning what is left of an earlier start`);
      await removeEverything();
    }
    const started = performance.now();
    const timed: Say = line => say(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${line}`);
    try {
      await start(built, timed);
    } catch (error) {
      throw new Error(`the test cluster did not come up (logs: ${stateDir}/log)`, { cause: error });
    }
    timed(`up: KUBECONFIG=${kubeconfigPath}`);
  });
}

async function isUp(say: Say): Promise<boolean> {
  const state = await clusterState();
  if (!state.isUp) return false;
  say(`already up: KUBECONFIG=${kubeconfigPath}`);
  if (state.isOutdated)
    say('its manifests or configuration have changed since: cluster:down, then cluster:up, renews it');
  return true;
}

async function start({ programs, images }: Built, say: Say): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await saveSysctls();
  await createCgroup(controlCgroup);
  await Promise.all([createPki(), createBridge()]);
  startApiServer(programs);
  await startRegistry(images);
  say('etcd and API server started');

  // in our cgroup, so that one that waits does not outlive a killed start
  const argv = insideCgroup(controlCgroup, [join(programs, 'kubectl')]);
  const kubectl: Kubectl = (args, input) => runKubectl(argv, kubeconfigPath, args, input);
  await Promise.all([startNodes(programs, say), startControlPlane(programs, kubectl, say)]);
  for (const node of nodes) {
    startKubelet(node);
    startFlanneld(node);
  }
  await Promise.all([applyDns(kubectl), applyWorkloads(kubectl)]);
  say('kubelets started, manifests applied');
  await awaitWorkloads(kubectl);
  say('nodes and pods ready');
  await awaitServices(kubectl);
  await markStarted(programs);
}

async function startNodes(programs: string, say: Say): Promise<void> {
  await Promise.all(nodes.map(node => startNode(node, programs)));
  await Promise.all(nodes.map(awaitContainerd));
  say('nodes started');
}

async function startControlPlane(programs: string, kubectl: Kubectl, say: Say): Promise<void> {
  await awaitApiServer(kubectl);
  startControllers(programs);
  await applySystem(kubectl);
  say('API server ready');
}

async function awaitApiServer(kubectl: Kubectl): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      await kubectl(['get', '--raw', '/readyz']);
      return;
    } catch (error) {
      if (performance.now() > deadline)
        throw new Error(`the API server is not ready: ${logPath('kube-apiserver')}`, { cause: error });
      await sleep(200);
    }
  }
}
