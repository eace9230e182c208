import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A packet to send: a frame out of a link of the world, or a datagram from a socket of the host itself. */
export type Sending =
  | { via: string; bytes: string }
  | { via: 'udp' | 'tcp'; from: [string, number]; to: [string, number]; mark?: number }
  | { via: 'raw'; bytes: string; to: [string]; mark?: number };

/** Where something came out, and its bytes in hex: a link of the world, `local`, `answer` (of the host itself), or `error` with errno's name. */
export type Sighting = [string, string];

/** The process of agent.py: two network namespaces, `host` and `world`, that live as long as it. */
export class Agent {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  /** Files that are the namespaces. */
  readonly namespaces: Promise<{ host: string; world: string }>;

  constructor() {
    this.#child = spawn('python3', ['-u', new URL('agent.py', import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the agent has no stdout');
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
    this.namespaces = this.#answer() as Promise<{ host: string; world: string }>;
  }

  async #answer(): Promise<object> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('the agent of the oracle ended');
    const answer = JSON.parse(value) as object;
    if ('error' in answer) throw new Error(`the agent of the oracle says: ${answer.error}`);
    return answer;
  }

  async #ask(request: object): Promise<object> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  /** Opens the sockets that watch: one on each link of `world`, one on the host for each IP protocol, NFLOG's group. */
  async open(watched: { world: string[]; fence: [string, string]; protocols: number[]; group: number }): Promise<void> {
    await this.#ask({ op: 'open', ...watched });
  }

  /** Sends packets one after the other; gives for each what was seen of it before the next was sent. */
  async run(packets: Sending[]): Promise<Sighting[][]> {
    return ((await this.#ask({ op: 'run', packets })) as { results: Sighting[][] }).results;
  }

  /** Runs a command in the host's namespace, or the world's; gives its output, and throws when it fails. */
  async exec(argv: string[], input = '', world = false): Promise<string> {
    const result = await this.try(argv, input, world);
    if (result.code !== 0) throw new Error(`${argv.join(' ')}: exit code ${result.code}: ${result.stderr}`);
    return result.stdout;
  }

  /** As exec, but a failure is a result. */
  async try(argv: string[], input = '', world = false): Promise<{ code: number; stdout: string; stderr: string }> {
    return (await this.#ask({ op: 'exec', argv, input, world })) as { code: number; stdout: string; stderr: string };
  }

  /** Makes nfacct objects in the host's namespace. */
  async nfacct(names: string[]): Promise<void> {
    await this.#ask({ op: 'nfacct', names });
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
