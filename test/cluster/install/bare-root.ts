import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa, type Options } from 'execa';

/**
 * A system of its own over a root folder, which stays as it is: what is written is gone when the first process ends, and that ends
 * with its stdin, so that nothing outlives a killed test. The network is this machine's.
 */
const setUp = `set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" none /mnt/root
for each in proc sys dev; do mount --rbind "/$each" "/mnt/root/$each"; done
shift
while [ $# -gt 0 ]; do
  mkdir -p "$(dirname "/mnt/root$2")"
  touch "/mnt/root$2"
  mount --bind "$1" "/mnt/root$2"
  shift 2
done
cp /etc/resolv.conf /mnt/root/etc/resolv.conf
echo ready
exec cat
`;

export interface BareRoot {
  /** Runs a command in it, with this environment and no other. Never rejects: look at `exitCode`. */
  run(argv: string[], env?: Record<string, string>, options?: Pick<Options, 'input'>): ReturnType<typeof runIn>;
  remove(): Promise<void>;
}

/** Sets it up; `files` are shown in it: paths of this machine by the path there. */
export async function bareRoot(root: string, files: Record<string, string>): Promise<BareRoot> {
  const binds = Object.entries(files).flatMap(([inside, outside]) => [outside, inside]);
  const first = spawn('unshare', ['--mount', 'sh', '-c', setUp, 'sh', root, ...binds], { stdio: 'pipe' });
  let faults = '';
  first.stderr.on('data', data => {
    faults += data;
  });
  await Promise.race([
    once(first.stdout, 'data'),
    once(first, 'exit').then(() => Promise.reject(new Error(`the root cannot be set up: ${faults}`))),
  ]);
  return {
    run: (argv, env = {}, options = {}) => runIn(first, argv, env, options),
    remove: async () => {
      first.stdin.end();
      if (first.exitCode === null) await once(first, 'exit');
    },
  };
}

/** PATH has krew's folder, as its documentation says. */
const environment = { PATH: '/root/.krew/bin:/usr/local/bin:/usr/sbin:/usr/bin:/bin', HOME: '/root' };

function runIn(first: ChildProcess, argv: string[], env: Record<string, string>, options: Pick<Options, 'input'>) {
  const args = ['--target', String(first.pid), '--mount', 'chroot', '/mnt/root', ...argv];
  return execa('nsenter', args, {
    reject: false,
    env: { ...environment, ...env },
    extendEnv: false,
    timeout: 60_000,
    ...options,
  });
}
