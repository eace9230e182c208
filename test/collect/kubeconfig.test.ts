import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ConnectionOptions } from '../../src/collect/connection.ts';
import { effectiveConfig, needsKubectlTransport } from '../../src/collect/kubeconfig.ts';

let folder: string;
let first: string;
let second: string;

const entry = (context: string, server: string, user: object, extra: object = {}) => ({
  'current-context': context,
  contexts: [{ name: context, context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  clusters: [{ name: 'c', cluster: { server, 'certificate-authority': 'ca.crt', ...extra } }],
  users: [{ name: 'u', user }],
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netinspect-kubeconfig-'));
  first = join(folder, 'first');
  second = join(folder, 'second');
  writeFileSync(first, JSON.stringify(entry('one', 'https://first:6443', { token: 'a', 'client-key': 'keys/u.key' })));
  writeFileSync(
    second,
    `current-context: two
contexts:
- name: one
  context: {cluster: other, user: other}
- name: two
  context: {cluster: d, user: u}
clusters:
- name: d
  cluster: {server: "https://second:6443", certificate-authority-data: Y2E=, tls-server-name: kubernetes}
users:
- name: u
  user: {token: b}
- name: admin
  user: {as: root, as-groups: [wheel]}
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

const read = (flags: ConnectionOptions, files = [first, second]) =>
  effectiveConfig(flags, { KUBECONFIG: files.join(delimiter) });

describe('of several kubeconfig files', () => {
  test('the first to name a context, cluster or user wins, as in kubectl', () => {
    expect(read({})).toMatchObject({
      context: 'one',
      namespace: 'shop',
      cluster: { server: 'https://first:6443' },
      user: { token: 'a' },
    });
    expect(read({}, [second, first])).toMatchObject({ context: 'two', user: { token: 'b' } });
  });

  test('entries that only a later one has are found', () => {
    expect(read({ context: 'two' })).toMatchObject({
      namespace: 'default',
      cluster: { server: 'https://second:6443' },
      user: { token: 'a' },
    });
  });

  test('those that do not exist are skipped', () => {
    expect(read({}, [join(folder, 'none'), second])?.context).toBe('two');
  });

  test('paths are relative to the file that holds them', () => {
    expect(read({})).toMatchObject({
      cluster: { 'certificate-authority': join(folder, 'ca.crt') },
      user: { 'client-key': join(folder, 'keys', 'u.key') },
    });
  });
});

describe('a flag', () => {
  const cases: [string, ConnectionOptions, object][] = [
    ['--kubeconfig is read alone', { kubeconfig: 'SECOND' }, { context: 'two', user: { token: 'b' } }],
    ['--context', { context: 'two' }, { context: 'two' }],
    ['--cluster', { cluster: 'd' }, { cluster: { server: 'https://second:6443' } }],
    ['--user', { user: 'admin' }, { user: { as: 'root', 'as-groups': ['wheel'] } }],
    ['--namespace', { namespace: 'other' }, { namespace: 'other' }],
    ['--server', { server: 'https://third' }, { cluster: { server: 'https://third' } }],
    ['--token', { token: 't' }, { user: { token: 't' } }],
    [
      '--as and --as-group',
      { as: 'bob', asGroup: ['a', 'b'], asUid: '7' },
      { user: { as: 'bob', 'as-groups': ['a', 'b'], 'as-uid': '7' } },
    ],
    [
      '--as keeps the groups of the kubeconfig',
      { user: 'admin', as: 'bob' },
      { user: { as: 'bob', 'as-groups': ['wheel'] } },
    ],
    ['--insecure-skip-tls-verify', { insecureSkipTlsVerify: true }, { cluster: { 'insecure-skip-tls-verify': true } }],
    ['--tls-server-name', { tlsServerName: 'n' }, { cluster: { 'tls-server-name': 'n' } }],
    [
      '--client-certificate and --client-key',
      { clientCertificate: 'c.crt', clientKey: 'c.key' },
      { user: { 'client-certificate': 'c.crt', 'client-key': 'c.key' } },
    ],
  ];
  test.each(cases)('%s', (_name, flags, expected) => {
    const named = flags.kubeconfig ? { kubeconfig: second } : flags;
    expect(read(named)).toMatchObject(expected);
  });

  test('--insecure-skip-tls-verify and --certificate-authority drop the trust of the kubeconfig', () => {
    expect(read({ insecureSkipTlsVerify: true })?.cluster).not.toHaveProperty('certificate-authority');
    expect(read({ context: 'two', certificateAuthority: 'x.crt' })?.cluster).not.toHaveProperty(
      'certificate-authority-data',
    );
  });

  test.each([
    ['context-not-found', { context: 'three' }],
    ['cluster-not-found', { cluster: 'three' }],
    ['user-not-found', { user: 'three' }],
    ['kubeconfig-not-found', { kubeconfig: 'three' }],
  ] as [string, ConnectionOptions][])('that names nothing is wrong usage: %s', (code, flags) => {
    expect(() => read(flags)).toThrow(expect.objectContaining({ code, exitCode: 2 }));
  });
});

test.each([
  ['is not YAML', 'a: ['],
  ['is no mapping', 'nonsense'],
  ['has no list where one belongs', 'contexts: 3'],
  ['has no entries in a list', 'clusters: [c]'],
])('a kubeconfig that %s is told with its name', (_name, text) => {
  const broken = join(folder, 'broken');
  writeFileSync(broken, text);
  expect(() => read({ kubeconfig: broken })).toThrow(
    expect.objectContaining({ code: 'kubeconfig-unreadable', message: expect.stringContaining(broken) }),
  );
});

test('without a server there is nothing to talk to', () => {
  expect(effectiveConfig({}, { KUBECONFIG: join(folder, 'none') })).toBeUndefined();
});

describe('our own client carries', () => {
  const config = (user: object, cluster: object = {}) => ({
    context: 'c',
    namespace: 'n',
    userName: 'u',
    cluster: { server: 'https://host:6443', ...cluster },
    user,
  });
  test.each([
    ['a token', config({ token: 't' }), {}],
    ['a certificate', config({ 'client-certificate': 'c' }), {}],
    [
      'a server on this machine, whatever the proxy',
      config({}, { server: 'https://127.0.0.1:6443' }),
      { HTTPS_PROXY: 'http://p' },
    ],
  ])('%s', (_name, effective, environment) => {
    expect(needsKubectlTransport(effective, environment)).toBeUndefined();
  });

  test.each([
    ['a credential plugin', config({ exec: { command: 'x' } }), {}],
    ['an auth provider', config({ 'auth-provider': { name: 'oidc' } }), {}],
    ['a proxy of the kubeconfig', config({}, { 'proxy-url': 'socks5://p' }), {}],
    ['plain http', config({}, { server: 'http://host' }), {}],
    ['a proxy of the environment', config({}), { https_proxy: 'http://p' }],
    ['the in-cluster configuration', undefined, {}],
  ])('not %s', (_name, effective, environment) => {
    expect(needsKubectlTransport(effective, environment)).toEqual(expect.any(String));
  });
});
