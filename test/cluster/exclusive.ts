import { connect, createServer, type Socket } from 'node:net';
import type { Say } from './say.ts';

/**
 * Runs `work` while no other process of this machine runs under the same name.
 * The lock is a listening abstract Unix socket (unix(7)): the kernel frees it with its process, so a killed holder leaves none.
 */
export async function exclusively<T>(name: string, say: Say, work: () => Promise<T>): Promise<T> {
  const address = `\0kubectl-netinspect-test/${name}`;
  let release = await acquire(address);
  if (!release) say(`waiting for another process that does ${name}`);
  while (!release) {
    await untilFree(address);
    release = await acquire(address);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

/** Gives what frees the lock again, those who wait (connected to it) included; undefined when another holds it. */
function acquire(address: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server = createServer(socket => {
      waiting.add(socket.unref());
      socket.on('error', () => {}).on('close', () => waiting.delete(socket));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    const release = () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    };
    server.listen({ path: address }, () => {
      server.unref();
      resolve(release);
    });
  });
}

/** A connection to the holder lasts until it releases the lock or ends; a refused one means that it is free. */
function untilFree(address: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect({ path: address });
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
  });
}
