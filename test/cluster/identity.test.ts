import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Cluster as Api, openCluster } from '../../src/collect/cluster.ts';
import type { ConnectionOptions } from '../../src/collect/connection.ts';
import { createKubectl, type Kubectl } from '../../src/collect/kubectl.ts';
import { type Cluster, ensureCluster } from './harness.ts';

/** Our reads and our kubectl children are the same user, on the same way, whatever the flags, kubeconfig and environment. */

jest.setTimeout(120_000);

interface UserInfo {
  username: string;
  uid?: string;
  groups?: string[];
}

interface Kubeconfig {
  clusters: { name: string; cluster: Record<string, unknown> & { server: string } }[];
  users: { name: string; user: Record<string, unknown> }[];
}

let cluster: Cluster;
let folder: string;
let base: Kubeconfig;
let token: string;
let servers: { close(): unknown }[] = [];

beforeAll(async () => {
  cluster = await ensureCluster();
  process.env['KUBECTL_PATH'] = cluster.kubectlPath;
  folder = mkdtempSync(join(tmpdir(), 'netinspect-identity-'));
  base = parse(readFileSync(cluster.kubeconfig, 'utf8')) as Kubeconfig;
  token = (await cluster.kubectl(['create', 'token', 'default', '--namespace=default'])).trim();
});

afterAll(() => {
  delete process.env['KUBECTL_PATH'];
  rmSync(folder, { recursive: true, force: true });
});

afterEach(() => {
  for (const name of ['HTTPS_PROXY', 'NO_PROXY']) delete process.env[name];
  for (const server of servers) server.close();
  servers = [];
});

/** A kubeconfig like the cluster's own, with changes to its cluster and user entries. */
function kubeconfig(changes: { cluster?: object; user?: object }): string {
  const path = join(folder, `kubeconfig-${Math.random().toString(36).slice(2)}`);
  const [entry] = base.clusters;
  const [owner] = base.users;
  const content = {
    ...base,
    clusters: [{ name: entry?.name, cluster: { ...entry?.cluster, ...changes.cluster } }],
    users: [{ name: owner?.name, user: changes.user ?? owner?.user }],
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

async function withApi<T>(connection: ConnectionOptions, use: (api: Api, kubectl: Kubectl) => Promise<T>): Promise<T> {
  const kubectl = createKubectl(connection);
  const api = await openCluster(connection, { kubectl });
  try {
    return await use(api, kubectl);
  } finally {
    api.close();
    kubectl.killAll();
  }
}

/** Who the server takes us for: on a read of ours, and in a kubectl child. */
function whoAmI(connection: ConnectionOptions): Promise<{ read: UserInfo; child: UserInfo }> {
  return withApi(connection, async (api, kubectl) => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const read = await api.create<{ status: { userInfo: UserInfo } }>(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      review,
    );
    const { stdout, stderr } = await kubectl.run(['auth', 'whoami', '--output=json']);
    if (!stdout) throw new Error(stderr);
    return { read: read.status.userInfo, child: (JSON.parse(stdout) as typeof read).status.userInfo };
  });
}

const withoutTrust = { 'certificate-authority-data': undefined, 'certificate-authority': undefined };
const serviceAccount = 'system:serviceaccount:default:default';

describe('the same user on a read and in a child, with', () => {
  const flags: [string, () => ConnectionOptions, string][] = [
    ['a client certificate', () => ({ kubeconfig: cluster.kubeconfig }), 'kubernetes-admin'],
    ['--as', () => ({ kubeconfig: cluster.kubeconfig, as: 'bob' }), 'bob'],
    ['--as-group', () => ({ kubeconfig: cluster.kubeconfig, as: 'bob', asGroup: ['devs', 'ops'] }), 'bob'],
    ['--as-uid', () => ({ kubeconfig: cluster.kubeconfig, as: 'bob', asUid: '42' }), 'bob'],
    ['--token', () => ({ kubeconfig: kubeconfig({ user: {} }), token }), serviceAccount],
    [
      '--server',
      () => ({
        kubeconfig: kubeconfig({ cluster: { server: 'https://127.0.0.1:1' } }),
        server: base.clusters[0]?.cluster.server ?? '',
      }),
      'kubernetes-admin',
    ],
    [
      '--insecure-skip-tls-verify',
      () => ({ kubeconfig: kubeconfig({ cluster: withoutTrust }), insecureSkipTlsVerify: true }),
      'kubernetes-admin',
    ],
    ['--tls-server-name', () => ({ kubeconfig: cluster.kubeconfig, tlsServerName: 'kubernetes' }), 'kubernetes-admin'],
    [
      '--context, --cluster and --user',
      () => {
        const [context] = (
          base as unknown as { contexts: { name: string; context: { cluster: string; user: string } }[] }
        ).contexts;
        return {
          kubeconfig: cluster.kubeconfig,
          context: context?.name ?? '',
          cluster: context?.context.cluster ?? '',
          user: context?.context.user ?? '',
        };
      },
      'kubernetes-admin',
    ],
    [
      'a token file',
      () => {
        const file = join(folder, 'token');
        writeFileSync(file, `${token}\n`);
        return { kubeconfig: kubeconfig({ user: { tokenFile: file } }) };
      },
      serviceAccount,
    ],
    [
      'impersonation in the kubeconfig',
      () => ({ kubeconfig: kubeconfig({ user: { ...base.users[0]?.user, as: 'carol', 'as-groups': ['devs'] } }) }),
      'carol',
    ],
    [
      'a credential plugin',
      () => {
        const plugin = join(folder, 'plugin');
        writeFileSync(
          plugin,
          `#!/bin/sh\ncat <<'END'\n${JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } })}\nEND\n`,
        );
        chmodSync(plugin, 0o755);
        return {
          kubeconfig: kubeconfig({
            user: {
              exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' },
            },
          }),
        };
      },
      serviceAccount,
    ],
  ];

  test.each(flags)('%s', async (_name, connection, username) => {
    const { read, child } = await whoAmI(connection());
    expect(read).toEqual(child);
    expect(read.username).toBe(username);
  });

  test('--certificate-authority, --client-certificate and --client-key', async () => {
    const file = (name: string, data: unknown) => {
      const path = join(folder, name);
      writeFileSync(path, Buffer.from(String(data), 'base64'));
      return path;
    };
    const [entry] = base.clusters;
    const [owner] = base.users;
    const { read, child } = await whoAmI({
      kubeconfig: kubeconfig({ cluster: withoutTrust, user: {} }),
      certificateAuthority: file('ca.crt', entry?.cluster['certificate-authority-data']),
      clientCertificate: file('client.crt', owner?.user['client-certificate-data']),
      clientKey: file('client.key', owner?.user['client-key-data']),
    });
    expect(read).toEqual(child);
    expect(read.username).toBe('kubernetes-admin');
  });
});

describe('the same way to the server on a read and in a child, through', () => {
  /** A real HTTP proxy: counts the tunnels that it opens. */
  async function proxy(): Promise<{ url: string; tunnels: () => string[] }> {
    const tunnels: string[] = [];
    const server = createServer();
    server.on('connect', ({ url = '' }, client) => {
      tunnels.push(url);
      const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(url) ?? [];
      const target = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      target.on('error', () => client.destroy());
      client.on('error', () => target.destroy());
    });
    return { url: `http://127.0.0.1:${await listening(server)}`, tunnels: () => tunnels };
  }

  /** The cluster's own address is not loopback: that never goes through a proxy. */
  const address = () => new URL(base.clusters[0]?.cluster.server ?? '').host;

  test('HTTPS_PROXY', async () => {
    const { url, tunnels } = await proxy();
    process.env['HTTPS_PROXY'] = url;
    const connection = { kubeconfig: cluster.kubeconfig };
    await withApi(connection, api => api.get('/version'));
    expect(tunnels()).toEqual([address()]);
    const { read, child } = await whoAmI(connection);
    expect(read).toEqual(child);
  });

  test('proxy-url of the kubeconfig', async () => {
    const { url, tunnels } = await proxy();
    await withApi({ kubeconfig: kubeconfig({ cluster: { 'proxy-url': url } }) }, api => api.get('/version'));
    expect(tunnels()).toEqual([address()]);
  });

  test('no proxy where NO_PROXY says so', async () => {
    const { url, tunnels } = await proxy();
    process.env['HTTPS_PROXY'] = url;
    process.env['NO_PROXY'] = address().replace(/:\d+$/, '');
    await withApi({ kubeconfig: cluster.kubeconfig }, api => api.get('/version'));
    expect(tunnels()).toEqual([]);
  });

  test('plain http', async () => {
    const forward = createServer((incoming, outgoing) => {
      incoming.resume();
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify({ gitVersion: 'v0.0.0-plain' }));
    });
    const port = await listening(forward);
    const version = await withApi({ kubeconfig: kubeconfig({}), server: `http://127.0.0.1:${port}` }, api =>
      api.get<{ gitVersion: string }>('/version'),
    );
    expect(version.gitVersion).toBe('v0.0.0-plain');
  });
});

describe('trouble with the server is told apart:', () => {
  const failing = (connection: ConnectionOptions) =>
    withApi({ kubeconfig: cluster.kubeconfig, ...connection }, api => api.get('/version')).then(
      () => undefined,
      (error: { code: string; exitCode: number; next: string }) => error,
    );

  test.each([
    ['nobody listens', 'connection-lost', { server: 'https://127.0.0.1:1' }],
    ['its name is not known', 'connection-lost', { server: 'https://no.such.host.invalid:6443' }],
    ['its certificate is not for its name', 'tls', { tlsServerName: 'other.example.test' }],
  ])('%s', async (_name, code, connection) => {
    expect(await failing(connection)).toMatchObject({ code, exitCode: 3, next: expect.stringMatching(/./) });
  });

  test('the credentials are not accepted', async () => {
    expect(await failing({ kubeconfig: kubeconfig({ user: {} }), token: 'wrong' })).toMatchObject({
      code: 'unauthorized',
      exitCode: 3,
    });
  });

  test('it does not answer in time', async () => {
    const silent = await listening(createTcpServer(socket => servers.push({ close: () => socket.destroy() })));
    const error = await failing({ server: `https://127.0.0.1:${silent}`, requestTimeout: '1s' });
    expect(error).toMatchObject({
      code: 'api-timeout',
      exitCode: 3,
      next: expect.stringContaining('--request-timeout'),
    });
  });

  test('its certificate is signed by nobody we trust', async () => {
    expect(await failing({ kubeconfig: kubeconfig({ cluster: withoutTrust }) })).toMatchObject({
      code: 'tls',
      exitCode: 3,
    });
  });
});
