import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../kubectl.ts';

/** The command server inside the virtual machine (agent/main.go), reached through QEMU's socket of its virtio-serial port. */
export interface Agent {
  /** Runs a command in the machine; a failing one is an answer too. Rejects when the machine ends. */
  exec(argv: string[], input?: string): Promise<Output>;
  close(): void;
}

interface Answer {
  id: number;
  code: number;
  stdout: string | null;
  stderr: string | null;
}

/** Connects as soon as QEMU listens; a request waits until the machine has started the agent. QEMU serves one client at a time. */
export async function connectAgent(path: string): Promise<Agent> {
  const socket = await whenListening(path);
  const pending = new Map<number, { resolve: (output: Output) => void; reject: (error: Error) => void }>();
  let next = 1;
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { id, code, stdout, stderr }: Answer = JSON.parse(line);
      pending.get(id)?.resolve({ stdout: decode(stdout), stderr: decode(stderr), exitCode: code });
      pending.delete(id);
    }
  });
  socket.on('error', () => {}); // `close` follows
  socket.on('close', () => {
    for (const { reject } of pending.values()) reject(new Error('the virtual machine has ended'));
    pending.clear();
  });
  return {
    exec: (argv, input = '') =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the virtual machine has ended'));
        const id = next++;
        pending.set(id, { resolve, reject });
        socket.write(`${JSON.stringify({ id, argv, stdin: Buffer.from(input).toString('base64') })}\n`);
      }),
    close: () => socket.destroy(),
  };
}

const decode = (base64: string | null): string => Buffer.from(base64 ?? '', 'base64').toString();

async function whenListening(path: string): Promise<Socket> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect(path, () => resolve(socket.off('error', reject)));
        socket.once('error', reject);
      });
    } catch (error) {
      if (attempt === 600) throw new Error(`QEMU does not listen on ${path}`, { cause: error });
      await sleep(50);
    }
  }
}
