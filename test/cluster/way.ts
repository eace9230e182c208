import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { execa } from 'execa';
import type { Cluster } from './harness.ts';

/** A way to the API server that a test can cut or freeze. */
export interface Way {
  /** The flags that send a run along it. */
  flags: string[];
  /** Every connection ends, and no new one comes about. */
  cut(): void;
  /** Every connection stays open, and nothing passes any more. */
  freeze(): void;
}

export async function wayTo(cluster: Cluster): Promise<Way> {
  const view = ['config', 'view', '--raw', '--minify', '--output=jsonpath={.clusters[0].cluster.server}'];
  const { stdout } = await execa(cluster.kubectlPath, view, { env: { KUBECONFIG: cluster.kubeconfig } });
  const { hostname, port } = new URL(stdout);
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer(client => {
    const target = connect(Number(port), hostname);
    const pairs: [Socket, Socket][] = [
      [client, target],
      [target, client],
    ];
    for (const [socket, other] of pairs) {
      sockets.add(socket);
      socket.on('data', data => frozen || other.write(data));
      socket.on('end', () => frozen || other.end());
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    flags: [`--server=https://127.0.0.1:${(server.address() as AddressInfo).port}`, '--tls-server-name=kubernetes'],
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
    freeze() {
      frozen = true;
    },
  };
}
