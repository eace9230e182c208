import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClusterError } from '../errors.ts';
import type { Kubectl } from './kubectl.ts';
import { httpTransport, type Transport } from './transport.ts';

/**
 * `kubectl proxy` on a Unix socket that only this user can reach, as the transport where our own client cannot carry
 * kubectl's identity (credential plugins, HTTP proxies, in-cluster configuration).
 */
export async function kubectlProxy(kubectl: Kubectl, warn: (text: string) => void): Promise<Transport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'netinspect-'));
  const socketPath = path.join(folder, 'api.sock');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const child = await kubectl.stream(['proxy', `--unix-socket=${socketPath}`], { endsWithUs: true }).catch(error => {
    remove();
    throw error;
  });
  let complaint = '';
  // What a credential plugin asks or says must reach the user.
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
    warn(text);
  });
  const serving = new Promise<void>(resolve => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Starting to serve')) resolve();
    });
  });
  const ended = child.ended.then(() => {
    remove();
    throw new ClusterError(
      'kubectl-proxy',
      `kubectl proxy ended: ${complaint.trim() || 'no reason given'}`,
      'see whether `kubectl get --raw /version` works with the same flags',
    );
  });
  ended.catch(() => {});
  await Promise.race([serving, ended]);
  const agent = new http.Agent({ keepAlive: true });
  return httpTransport(
    '(through kubectl proxy)',
    options => http.request(options),
    { socketPath, agent },
    () => {
      agent.destroy();
      child.kill();
      remove();
    },
  );
}
