import { describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { connectionOptions, debugOptions } from '../../src/cli/options.ts';

function flags(line: string, env: NodeJS.ProcessEnv = {}) {
  return readCommandLine(line.split(' '), commands, env).flags;
}

describe("kubectl's flags reach the connection", () => {
  test.each([
    ['--kubeconfig=f', { kubeconfig: 'f' }],
    ['--context=c', { context: 'c' }],
    ['--cluster=c', { cluster: 'c' }],
    ['--user=u', { user: 'u' }],
    ['-n x', { namespace: 'x' }],
    ['--as=me --as-group=a --as-group=b --as-uid=7', { as: 'me', asGroup: ['a', 'b'], asUid: '7' }],
    ['--token=t', { token: 't' }],
    ['-s https://h', { server: 'https://h' }],
    ['--certificate-authority=f', { certificateAuthority: 'f' }],
    ['--client-certificate=f --client-key=g', { clientCertificate: 'f', clientKey: 'g' }],
    ['--insecure-skip-tls-verify', { insecureSkipTlsVerify: true }],
    ['--tls-server-name=n', { tlsServerName: 'n' }],
    ['--request-timeout=5s', { requestTimeout: '5s' }],
    ['--cache-dir=d', { cacheDir: 'd' }],
    ['-v=6', { verbosity: 6 }],
  ])('%s', (line, expected) => {
    expect(connectionOptions(flags(`pod web ${line}`))).toEqual({ verbosity: 0, ...expected });
  });

  test('a verbosity that is no number is refused', () => {
    expect(() => connectionOptions(flags('pod web -v high'))).toThrow('-v is "high"');
  });
});

describe('how debug pods are started', () => {
  const defaults = { image: 'docker.io/nicolaka/netshoot:v0.16', timeoutMs: 120_000 };

  test.each([
    ['', {}, defaults],
    ['--debug-image=i', {}, { ...defaults, image: 'i' }],
    ['', { NETINSPECT_DEBUG_IMAGE: 'i' }, { ...defaults, image: 'i' }],
    ['--debug-namespace=kube-system', {}, { ...defaults, namespace: 'kube-system' }],
    ['', { NETINSPECT_DEBUG_NAMESPACE: 'a' }, { ...defaults, namespace: 'a' }],
    ['--image-pull-policy=Never', {}, { ...defaults, imagePullPolicy: 'Never' }],
    ['--timeout=1h30m', {}, { ...defaults, timeoutMs: 5_400_000 }],
    ['', { NETINSPECT_TIMEOUT: '30s' }, { ...defaults, timeoutMs: 30_000 }],
    ['--keep=10m', {}, { ...defaults, keepMs: 600_000 }],
  ])('%s %j', (line, env, expected) => {
    expect(debugOptions(flags(`pod web ${line}`.trim(), env))).toEqual(expected);
  });

  test.each([
    ['--timeout=10', {}, '--timeout is "10", not a duration'],
    ['--timeout=-5s', {}, '--timeout is "-5s", not a duration'],
    ['--timeout=0s', {}, '--timeout is "0s", not a duration'],
    ['--keep=soon', {}, '--keep is "soon", not a duration'],
    ['', { NETINSPECT_TIMEOUT: 'long' }, 'NETINSPECT_TIMEOUT is "long", not a duration'],
  ])('%s %j is refused', (line, env, message) => {
    expect(() => debugOptions(flags(`pod web ${line}`.trim(), env))).toThrow(message);
  });
});
