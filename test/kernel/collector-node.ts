import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { collectorScript } from '../../src/collect/assets.ts';
import { type CollectorPod, collectorArguments } from '../../src/collect/collector-args.ts';
import { type DecodedStream, decodeFrames, type Section } from '../../src/collect/frames.ts';

const script = collectorScript();
const containerScript = new URL('collector-container.sh', import.meta.url).pathname;

/** The shells that a debug image may have as sh; `tools` are what its other commands are. */
export const shells = [
  { shell: ['dash'], tools: 'coreutils' },
  { shell: ['bash'], tools: 'coreutils' },
  { shell: ['busybox', 'ash'], tools: 'busybox' },
] as const;

/** As in netshoot: util-linux and the network tools are their own, the rest is busybox. */
const busyboxTools =
  'mkdir $container/busybox; for tool in awk cat grep gzip head mktemp mv readlink rm sed setsid sh sha256sum stat timeout tr wc; do ln -s "$(command -v busybox)" $container/busybox/$tool; done';

export interface Run extends DecodedStream {
  exitCode: number | null;
  /** Of the output, as it is sent. */
  bytes: number;
  /** The script's own, with what was left in the container's /tmp at its end. */
  stderr: string;
  section(path: string): Section;
}

/** A process that stands for a container's: its cgroup, its network, and the resolv.conf that it sees. */
export interface PodProcess {
  netns: string;
  cgroup: string;
  comm: string;
  /** A mount namespace of its own with this resolv.conf; without it, the process sees the machine's files, as conmon does. */
  resolvConf?: string;
  /** A program for Node instead of a sleeping one; it prints `ready`. */
  program?: string;
  /** Arguments of the program. */
  flags?: string[];
}

/** Network namespaces, cgroups and processes of this machine that are a node with pods to the collector. */
export class KernelNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'netinspect-kernel-'));
  readonly #id = `ni${process.pid}`;
  readonly #cgroupRoot: string;
  readonly #netns: string[] = [];
  readonly #cgroups: string[] = [];
  readonly #processes: ChildProcess[] = [];

  constructor() {
    const hierarchy = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/pids', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];
    this.#cgroupRoot = join(hierarchy.find(folder => existsSync(join(folder, 'cgroup.procs'))) ?? '', this.#id);
  }

  /** Makes a network namespace with its loopback up and gives the file that is it. */
  netns(name: string): string {
    execFileSync('ip', ['netns', 'add', `${this.#id}-${name}`]);
    this.#netns.push(`${this.#id}-${name}`);
    // Addresses are there at once, without a search for duplicates.
    this.sh(name, 'for of in all default; do echo 0 >/proc/sys/net/ipv6/conf/$of/accept_dad; done; ip link set lo up');
    return this.file(name);
  }

  file(name: string): string {
    return `/run/netns/${this.#id}-${name}`;
  }

  /** Runs a shell script in a network namespace; $NAME is the file of the namespace of that name. */
  sh(netns: string, text: string): string {
    const variables = Object.fromEntries(this.#netns.map(name => [name.slice(this.#id.length + 1), name]));
    return execFileSync('nsenter', [`--net=${this.file(netns)}`, 'sh', '-euc', text], {
      encoding: 'utf8',
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** Starts a process of a pod and gives its PID. */
  async start(spec: PodProcess): Promise<number> {
    let folder = join(this.#cgroupRoot, spec.cgroup);
    mkdirSync(folder, { recursive: true });
    for (; folder.length >= this.#cgroupRoot.length; folder = dirname(folder)) this.#cgroups.push(folder);
    const program = join(this.folder, spec.comm);
    if (!spec.program && !existsSync(program)) symlinkSync('/bin/sleep', program);
    const command = spec.program
      ? [process.execPath, '-e', spec.program, '--', ...(spec.flags ?? [])]
      : [program, '600'];
    const mounts = spec.resolvConf === undefined ? [] : ['unshare', '-m'];
    const prepare = `echo $$ >"$1"; [ -z "$2" ] || mount --bind "$2" /etc/resolv.conf; shift 2; ${spec.program ? '' : 'echo ready; '}exec "$@"`;
    const resolv = spec.resolvConf === undefined ? '' : join(mkdtempSync(join(this.folder, 'etc-')), 'resolv.conf');
    if (resolv) writeFileSync(resolv, spec.resolvConf ?? '');
    const procs = join(this.#cgroupRoot, spec.cgroup, 'cgroup.procs');
    return this.#spawn(spec.netns, [...mounts, 'sh', '-euc', prepare, 'sh', procs, resolv, ...command]);
  }

  /** Starts a kube-proxy in a container of its own: its own mounts, PID namespace and /proc; the machine's tools. */
  async startKubeProxy(netns: string): Promise<void> {
    symlinkSync('/bin/sleep', join(this.folder, 'kube-proxy'));
    const inner = ['sh', '-c', 'echo ready; exec "$0" 600', join(this.folder, 'kube-proxy')];
    await this.#spawn(netns, ['unshare', '-m', '-p', '-f', '--kill-child', '--mount-proc', ...inner]);
  }

  async #spawn(netns: string, command: string[]): Promise<number> {
    const child = spawn('nsenter', [`--net=${this.file(netns)}`, ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#processes.push(child);
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => Promise.reject(new Error(command.join(' ')))),
    ]);
    return child.pid ?? 0;
  }

  /** Runs collector.sh in a debug container on the node. */
  run(
    netns: string,
    options: {
      shell?: (typeof shells)[number];
      prepare?: string;
      pods?: CollectorPod[];
      seconds?: number;
      question?: string[];
      input?: Buffer;
    } = {},
  ): Run {
    const { shell, tools } = options.shell ?? shells[0];
    const base = mkdtempSync(join(this.folder, 'container-'));
    const path = `${tools === 'busybox' ? '/busybox:' : ''}/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
    const args = ['-s', '--', ...collectorArguments(options.pods ?? [], options.seconds ?? 30, options.question)];
    const prepare = `${tools === 'busybox' ? busyboxTools : ''}\n${options.prepare ?? ''}`;
    const container = [
      'unshare',
      '-m',
      'sh',
      containerScript,
      base,
      prepare,
      'env',
      '-i',
      `PATH=${path}`,
      ...shell,
      ...args,
    ];
    const { stdout, stderr, status } = spawnSync('nsenter', [`--net=${this.file(netns)}`, ...container], {
      input: options.input ?? script,
      maxBuffer: 2 ** 28,
    });
    const decoded = decodeFrames(stdout);
    return {
      ...decoded,
      exitCode: status,
      bytes: stdout.length,
      stderr: stderr.toString(),
      section: wanted => {
        const section = decoded.sections.find(({ path }) => path === wanted);
        if (section === undefined) throw new Error(`no section ${wanted}: ${decoded.problem}; ${stderr}`);
        return section;
      },
    };
  }

  /** Ends every process and removes every namespace, cgroup and file that was made. */
  async remove(): Promise<void> {
    await Promise.all(
      this.#processes.map(async child => {
        if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
      }),
    );
    for (const folder of [...new Set(this.#cgroups)].sort((a, b) => b.length - a.length)) rmdirSync(folder);
    for (const name of this.#netns) execFileSync('ip', ['netns', 'del', name]);
    rmSync(this.folder, { recursive: true });
  }
}
