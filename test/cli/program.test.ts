import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { bridgePod, buildProgram, type Program, webSnapshot } from './program.ts';

let folder: string;
let netinspect: Program['netinspect'];
let remove: Program['remove'];

beforeAll(async () => {
  ({ netinspect, remove } = buildProgram());
  folder = await mkdtemp(join(tmpdir(), 'netinspect-cli-'));
});

afterAll(async () => {
  remove();
  await rm(folder, { recursive: true });
});

describe('help and version', () => {
  test.each([
    [[], 'kubectl netinspect COMMAND'],
    [['--help'], 'kubectl netinspect COMMAND'],
    [['pod', '--help'], 'kubectl netinspect pod NAME [flags]'],
    [['node', '-h'], 'kubectl netinspect node NAME [flags]'],
    [['pod', '--help', 'one', 'two'], 'kubectl netinspect pod NAME [flags]'],
    [['options'], '--as-group GROUP'],
    [['version', '--client'], 'netinspect 0.'],
    [['--version'], 'netinspect 0.'],
  ])('%j', (args, words) => {
    const { status, stdout, stderr } = netinspect(args);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(words);
  });
});

test('version prints what it knows, and says why the rest is missing', () => {
  const { status, stdout, stderr } = netinspect(['version'], { KUBECTL_PATH: '/nonexistent/kubectl' });
  expect(status).toBe(3);
  expect(stdout).toMatch(/^netinspect 0\./);
  expect(stderr).toContain('error: kubectl (/nonexistent/kubectl) was not found\n');
  expect(stderr).toContain('error: no cluster is named');
});

describe('aliases of the configuration file', () => {
  const netinspectWith = (...args: string[]) => netinspect(args, { XDG_CONFIG_HOME: join(folder, 'config') });

  beforeAll(async () => {
    await mkdir(join(folder, 'config/netinspect'), { recursive: true });
    await writeFile(
      join(folder, 'config/netinspect/config.yaml'),
      `aliases:\n  mine: node node1 --from ${webSnapshot}\n`,
    );
  });

  test('stand for their words', () => {
    const { status, stdout } = netinspectWith('mine', '-o', 'name');
    expect([status, stdout]).toEqual([0, 'node/node1\n']);
  });

  test('are completed, and what follows them', () => {
    expect(netinspectWith('__complete', 'mi').stdout).toBe('mine\n:4\n');
    expect(netinspectWith('__complete', 'mine', '-o', 'j').stdout).toBe('json\n:4\n');
  });
});

describe('errors say whose fault it is and what next, and have their exit code', () => {
  test.each([
    [['pdo'], 2, 'error: unknown command "pdo"\nnext: did you mean "pod"?\n'],
    [['pod'], 2, 'error: a pod name is needed\nnext: for instance: kubectl netinspect pod web\n'],
    [
      ['pod', 'web', '--from', '/nonexistent/x'],
      2,
      'error: /nonexistent/x does not exist\nnext: give the folder or .tar.gz of a snapshot, or "demo"\n',
    ],
    [['pod', 'nobody', '--from', webSnapshot], 2, 'error: pod default/nobody is not in the snapshot\n'],
    [['node', 'node9', '--from', webSnapshot], 2, 'error: node node9 is not in the snapshot\n'],
    [
      ['pod', bridgePod, '--from', webSnapshot, '--keep=1m'],
      2,
      'error: --keep has no meaning with --from\nnext: leave out one of them\n',
    ],
    [
      ['cleanup', '--from', webSnapshot],
      2,
      'error: cleanup works on the cluster, not on a snapshot\nnext: leave out --from\n',
    ],
    [['snapshot'], 2, 'error: nothing to collect was named\n'],
    [['snapshot', 'a.tar.gz', 'b.tar.gz', 'pod/web'], 2, 'error: two files: a.tar.gz, b.tar.gz\n'],
    [
      ['pod', bridgePod, '--from', webSnapshot, '--save', 'x.json'],
      2,
      'error: x.json names neither form of a snapshot\n',
    ],
    [['pod', 'web', '--context', 'nowhere'], 2, 'error: context "nowhere" does not exist\n'],
  ])('%j', (args, status, words) => {
    const result = netinspect(args);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('answers from a snapshot', () => {
  test('a bare name finds the pod that was asked for', () => {
    const { status, stdout } = netinspect(['pod', bridgePod, '--from', webSnapshot]);
    expect(status).toBe(0);
    expect(stdout).toContain(`Pod default/${bridgePod}\n`);
  });

  test.each([
    ['pod', `pod/${bridgePod}\n`, bridgePod],
    ['node', 'node/node1\n', 'node1'],
  ])('-o name of a %s', (kind, line, name) => {
    expect(netinspect([kind, name, '-o', 'name', '--from', webSnapshot]).stdout).toBe(line);
  });

  test('JSON and YAML say the same', () => {
    const json = netinspect(['pod', bridgePod, '-o', 'json', '--from', webSnapshot]).stdout;
    const yaml = netinspect(['pod', bridgePod, '-o', 'yaml', '--from', webSnapshot]).stdout;
    expect(parse(yaml)).toEqual(JSON.parse(json));
  });

  test.each(['saved.tar.gz', 'saved'])('a run from its own --save %s is the same', name => {
    const saved = join(folder, name);
    const first = netinspect(['pod', bridgePod, '-o', 'json', '--evidence', '--from', webSnapshot, '--save', saved]);
    const again = netinspect(['pod', bridgePod, '-o', 'json', '--evidence', '--from', saved]);
    expect([first.status, again.status]).toEqual([0, 0]);
    expect(again.stdout).toBe(first.stdout);
  });

  test('evidence is given only when asked for', () => {
    const without = netinspect(['pod', bridgePod, '-o', 'json', '--from', webSnapshot]).stdout;
    const evidence = netinspect(['pod', bridgePod, '-o', 'json', '--from', webSnapshot, '--evidence']).stdout;
    expect([without.includes('"evidence"'), evidence.includes('"evidence"')]).toEqual([false, true]);
  });

  test('text fills the width of COLUMNS, and has no colour in a pipe', () => {
    const { stdout } = netinspect(['pod', bridgePod, '--from', webSnapshot], { COLUMNS: '50' });
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(50);
    expect(stdout).not.toContain('\u001b');
  });

  test('a snapshot with a damaged section answers as far as it can, and says so with exit code 4', async () => {
    const copy = join(folder, 'damaged');
    netinspect(['snapshot', copy, '--from', webSnapshot]);
    await writeFile(join(copy, 'nodes/node1/route4.json'), '[{"dst":"defau');
    const { status, stdout } = netinspect(['pod', bridgePod, '--from', copy]);
    expect(status).toBe(4);
    expect(stdout).toContain('Not known\n');
    expect(stdout).toContain('route4.json');
  });
});
