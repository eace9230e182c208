import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectionOptions } from '../../src/collect/connection.ts';
import { createKubectl, quoteArgument } from '../../src/collect/kubectl.ts';

let folder: string;
const before = process.env['KUBECTL_PATH'];

/** A program in the place of kubectl: what is tested here is how it is called, not what it does. */
function program(script: string): void {
  const path = join(folder, 'kubectl');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  process.env['KUBECTL_PATH'] = path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netinspect-kubectl-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env['KUBECTL_PATH'];
  else process.env['KUBECTL_PATH'] = before;
});

const every: ConnectionOptions = {
  kubeconfig: 'k',
  context: 'c',
  cluster: 'cl',
  user: 'u',
  namespace: 'n',
  as: 'a',
  asGroup: ['g1', 'g2'],
  asUid: 'i',
  token: 't',
  server: 's',
  certificateAuthority: 'ca',
  clientCertificate: 'cc',
  clientKey: 'ck',
  insecureSkipTlsVerify: true,
  tlsServerName: 'ts',
  requestTimeout: '5s',
  cacheDir: 'cd',
};

describe('a kubectl child', () => {
  test('gets every connection flag, and the namespace from each call alone', async () => {
    program('for a in "$@"; do echo "$a"; done');
    const { stdout } = await createKubectl(every).run(['get', 'pods']);
    expect(stdout.trim().split('\n')).toEqual([
      '--kubeconfig=k',
      '--context=c',
      '--cluster=cl',
      '--user=u',
      '--as=a',
      '--as-group=g1',
      '--as-group=g2',
      '--as-uid=i',
      '--token=t',
      '--server=s',
      '--certificate-authority=ca',
      '--client-certificate=cc',
      '--client-key=ck',
      '--insecure-skip-tls-verify=true',
      '--tls-server-name=ts',
      '--request-timeout=5s',
      '--cache-dir=cd',
      'get',
      'pods',
    ]);
  });

  test('gets names as they are: no shell reads them', async () => {
    program('printf "%s|" "$@"');
    const { stdout } = await createKubectl({}).run(['get', 'pod', '$(id) `id` "x" \'y\' ;\n*']);
    expect(stdout).toBe('get|pod|$(id) `id` "x" \'y\' ;\n*|');
  });

  test('is not reached by kuberc', async () => {
    program('echo "$KUBECTL_KUBERC"');
    expect((await createKubectl({}).run([])).stdout).toBe('false\n');
  });

  test("that fails is a result: exit code and kubectl's words", async () => {
    program('echo no >&2; exit 7');
    expect(await createKubectl({}).run([])).toEqual({ exitCode: 7, stdout: '', stderr: 'no\n' });
  });

  test('leads a process group of its own, so that Ctrl-C does not end it', async () => {
    program('ps -o pid=,pgid= -p $$');
    const [pid, group] = (await createKubectl({}).run([])).stdout.trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  test('is shown as a command line that can be typed, without the token', async () => {
    program('true');
    const lines: string[] = [];
    await createKubectl({ token: 'secret' }, line => lines.push(line)).run(['get', 'pod', "it's"]);
    expect(lines[0]).toMatch(/kubectl '--token=\*\*\*' get pod 'it'\\''s'$/);
    expect(createKubectl({ token: 'secret' }).commandLine(['get', 'pod']).slice(1)).toEqual([
      '--token=***',
      'get',
      'pod',
    ]);
  });

  test('ends when its signal is aborted', async () => {
    program('exec sleep 600');
    const stop = new AbortController();
    const ending = createKubectl({}).run([], stop.signal);
    stop.abort();
    expect(await ending).toMatchObject({ stdout: '', stderr: '' });
  });

  test('that is missing is told with what to do', async () => {
    process.env['KUBECTL_PATH'] = join(folder, 'none');
    const missing = expect.objectContaining({ code: 'kubectl-missing', exitCode: 3, next: 'correct KUBECTL_PATH' });
    await expect(createKubectl({}).run([])).rejects.toEqual(missing);
    await expect(createKubectl({}).stream([])).rejects.toEqual(missing);
  });

  test('that cannot be run is told', async () => {
    program('true');
    chmodSync(process.env['KUBECTL_PATH'] ?? '', 0o644);
    await expect(createKubectl({}).run([])).rejects.toEqual(
      expect.objectContaining({ code: 'kubectl-missing', message: expect.stringContaining('EACCES') }),
    );
  });
});

describe('a kubectl stream', () => {
  test('carries bytes both ways until its stdin ends', async () => {
    program('exec cat');
    const child = await createKubectl({}).stream([]);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    child.stdin.end(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks)).toEqual(bytes);
    expect(await child.ended).toBe(0);
  });

  test('that ends with us ends when our end of its stdin closes, though it reads no stdin', async () => {
    program('exec sleep 600');
    const child = await createKubectl({}).stream(['proxy'], { endsWithUs: true });
    child.stdin.destroy();
    expect(await child.ended).toBe(143);
  });

  test('of several is ended by killAll', async () => {
    program('exec sleep 600');
    const kubectl = createKubectl({});
    const children = await Promise.all([kubectl.stream([]), kubectl.stream([])]);
    kubectl.killAll();
    expect(await Promise.all(children.map(child => child.ended))).toEqual([137, 137]);
  });
});

test.each([
  ['node/node1', 'node/node1'],
  ['--image=docker.io/a/b:v1', '--image=docker.io/a/b:v1'],
  ['', "''"],
  ['a b', "'a b'"],
  ["it's", `'it'\\''s'`],
  ['$(id)', "'$(id)'"],
])('the argument %j is shown as %s', (argument, shown) => {
  expect(quoteArgument(argument)).toBe(shown);
});
