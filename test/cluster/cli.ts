import { join } from 'node:path';
import { ExecaError, execa } from 'execa';
import { down } from './boot/down.ts';
import { clusterState } from './boot/status.ts';
import { up } from './boot/up.ts';
import { build } from './build/build.ts';
import { buildInstallTools } from './install/tools.ts';
import { kubeconfigPath } from './paths.ts';
import { nodes } from './plan.ts';
import type { Say } from './say.ts';

const say: Say = line => console.log(line);

const commands: Record<string, () => Promise<void>> = {
  build: async () => {
    const { programs, images } = await build(say);
    say(`programs: ${programs}\nimages:   ${images}`);
    await buildInstallTools(say);
  },
  up: () => up(say),
  down: () => down(say),
  status: printStatus,
};

/** Exit code 0: up; 1: not. */
async function printStatus(): Promise<void> {
  const state = await clusterState();
  if (!state.isUp) {
    say(`down: ${state.why}`);
    process.exitCode = 1;
    return;
  }
  const { stdout: containerd } = await execa(join(state.programs, 'containerd'), ['--version']);
  say(`up: KUBECONFIG=${kubeconfigPath}`);
  for (const node of nodes) {
    const version = state.nodes.find(each => each.name === node.name)?.kubeletVersion;
    say(`${node.name}  Kubernetes ${version}  kube-proxy ${node.proxyMode}  CNI ${node.cni}  ${node.ip4} ${node.ip6}`);
  }
  say(containerd);
}

/** The error's message; of a command that failed, the last lines that it wrote. */
function words(error: Error): string {
  if (!(error instanceof ExecaError)) return error.message;
  const lines = String(error.stderr).trim().split('\n');
  return [error.shortMessage, ...lines.slice(-10)].join('\n');
}

const [name = '', ...rest] = process.argv.slice(2);
const command = rest.length === 0 ? commands[name] : undefined;
if (!command) {
  console.error(`usage: node test/cluster/cli.ts ${Object.keys(commands).join('|')}`);
  process.exitCode = 2;
} else {
  await command().catch((error: Error) => {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) console.error(words(cause));
    process.exit(1); // what still runs beside the part that failed is of no use
  });
}
