import { connect, createServer, type Server } from 'node:net';
import type { Say } from './say.ts';

/**
 * Runs `work` while no other process of this machine runs under the same name.
 * The lock is a listening abstract Unix socket (unix(7)): the kernel frees it with its process, so a killed holder leaves none.
 */
export async function exclusively<T>(name: string, say: Say, work: () => Promise<T>): Promise<T> {
  const address = `\0kubectl-netinspect-test/${name}`;
  let lock = await listen(address);
  if (!lock) say(`waiting for another process that does ${name}`);
  while (!lock) {
    await untilFree(address);
    lock = await listen(address);
  }
  try {
    return await work();
  } finally {
    lock.close();
  }
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.on('error', () => {}).resume());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen({ path: address }, () => resolve(server.unref()));
  });
}

/** A connection to the holder lasts as long as the holder; a refused one means that it is gone. */
function untilFree(address: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect({ path: address });
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
  });
}
