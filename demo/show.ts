import { spawnSync } from 'node:child_process';

/** The demo's main job when nothing is asked for: a pod with several services and a fault. */
const mainJob = ['pod', 'shop/web-0', '-o', 'text'];

const asked = process.argv.slice(2);
const build = spawnSync(process.execPath, ['krew/build.ts'], { stdio: ['ignore', 2, 2] });
if (build.status !== 0) process.exit(build.status ?? 1);
const args = asked.length > 0 ? asked : mainJob;
process.stderr.write(`$ kubectl netinspect ${args.join(' ')} --from demo\n`);
const shown = spawnSync(process.execPath, ['dist/kubectl-netinspect.cjs', ...args, '--from', 'demo'], {
  stdio: 'inherit',
});
if (asked.length === 0 && process.stdout.isTTY)
  process.stderr.write('browse it on the screen: npm run demo -- pod shop/web-0\n');
process.exit(shown.status ?? 1);
