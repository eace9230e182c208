import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commands } from '../../src/cli/commands.ts';
import { complete, lookUpNames } from '../../src/cli/complete.ts';
import { bridgePod, routedPod, webSnapshot } from './program.ts';

/** Completes the words from the names of the recorded snapshot; the last word is unfinished. */
function completed(...words: string[]) {
  return complete(['--from', webSnapshot, ...words], commands, lookUpNames, {});
}

describe('the last word is completed', () => {
  test.each([
    [[''], commands.map(({ name }) => name)],
    [['c'], ['chains', 'conntrack', 'capture', 'cleanup', 'completion', 'config']],
    [
      ['service', 'web'],
      ['web', 'web-nodeport'],
    ],
    [
      ['service', 'web', '--node', ''],
      ['node1', 'node3'],
    ],
    [
      ['chains', ''],
      ['node1', 'node3'],
    ],
    [
      ['chains', 'node3', 'ip/kube-proxy/nat-'],
      ['prerouting', 'output', 'postrouting'].map(hook => `ip/kube-proxy/nat-${hook}`),
    ],
    [
      ['node', ''],
      ['node1', 'node3'],
    ],
    [
      ['no', ''],
      ['node1', 'node3'],
    ],
    [['pod', bridgePod.slice(0, -3)], [bridgePod]],
    [['pod', '-n', 'default', routedPod.slice(0, -3)], [routedPod]],
    [['pod', bridgePod, ''], []],
    [['pod', '-n', 'def'], ['default']],
    [['pod', '--namespace=def'], ['--namespace=default']],
    [
      ['pod', '-o', ''],
      ['text', 'json', 'yaml', 'name'],
    ],
    [['pod', '--output=j'], ['--output=json']],
    [['pod', '--ev'], ['--evidence']],
    [['config', '--co'], []],
    [
      ['snapshot', 'node/'],
      ['node/node1', 'node/node3'],
    ],
    [
      ['trace', bridgePod, 'svc/web'],
      ['svc/web', 'svc/web-nodeport'],
    ],
    [['exec', bridgePod.slice(0, -3)], [bridgePod]],
    [['exec', bridgePod, ''], []],
    [['debug', 'node/node1'], ['node/node1']],
    [
      ['capture', bridgePod, 'node/'],
      ['node/node1', 'node/node3'],
    ],
    [
      ['capture', bridgePod, '--at', ''],
      ['pod', 'veth', 'bridge', 'node'],
    ],
    [
      ['probe', bridgePod, 'svc/web'],
      ['svc/web', 'svc/web-nodeport'],
    ],
    [
      ['trace', 'node/'],
      ['node/node1', 'node/node3'],
    ],
    [['trace', 'int'], ['internet']],
    [['completion', 'f'], ['fish']],
    [['completion', 'k'], ['kubectl']],
  ])('%j', async (words, expected) => {
    expect((await completed(...words)).words).toEqual(expected);
  });
});

test.each([
  [['pod', 'web', '--save', ''], true],
  [['snapshot', ''], true],
  [['pod', ''], false],
])('%j asks for files: %s', async (words, files) => {
  expect((await completed(...words)).files).toBe(files);
});

test('where names cannot be looked up there are none, and no error', async () => {
  expect(await complete(['pod', '--from', '/nonexistent/x', ''], commands, lookUpNames, {})).toEqual({
    words: [],
    files: false,
  });
});

test('entries of the kubeconfig are completed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netinspect-complete-'));
  try {
    const kubeconfig = join(folder, 'config');
    const named = (name: string) => ({ name, context: {}, cluster: {}, user: {} });
    writeFileSync(
      kubeconfig,
      JSON.stringify({ contexts: [named('dev'), named('prod')], clusters: [named('c')], users: [named('u')] }),
    );
    const words = async (...last: string[]) =>
      (await complete(['pod', '--kubeconfig', kubeconfig, ...last], commands, lookUpNames, {})).words;
    expect(await words('--context', '')).toEqual(['dev', 'prod']);
    expect(await words('--context=p')).toEqual(['--context=prod']);
    expect([await words('--cluster', ''), await words('--user', '')]).toEqual([['c'], ['u']]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
