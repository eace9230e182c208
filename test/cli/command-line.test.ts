import { describe, expect, test } from '@jest/globals';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { UsageError } from '../../src/errors.ts';

function read(line: string, env: NodeJS.ProcessEnv = {}) {
  const words = line === '' ? [] : line.split(' ');
  return readCommandLine(words, commands, env);
}

describe('a command line is read as kubectl reads it', () => {
  test.each([
    ['pod web', 'pod', ['web']],
    ['po web', 'pod', ['web']],
    ['pods web', 'pod', ['web']],
    ['pod/web', 'pod', ['web']],
    ['pod/shop/web', 'pod', ['shop/web']],
    ['-n shop pod/web', 'pod', ['web']],
    ['--context=kind pod web', 'pod', ['web']],
    ['pod -n shop web', 'pod', ['web']],
    ['node 1e5', 'node', ['1e5']],
    ['node 0x10', 'node', ['0x10']],
    ['pod -- -web', 'pod', ['-web']],
    ['no/worker-1', 'node', ['worker-1']],
    ['pod --evidence true', 'pod', ['true']],
    ['-- pod -web', 'pod', ['-web']],
    ['pod node', 'pod', ['node']],
    ['pod -', 'pod', ['-']],
    ['', undefined, []],
    ['--from demo', undefined, []],
  ])('%s', (line, command, args) => {
    const read_ = read(line);
    expect([read_.command?.name, read_.args]).toEqual([command, args]);
  });

  test.each([
    ['pod web -n shop', 'namespace', 'shop'],
    ['pod web -nshop', 'namespace', 'shop'],
    ['pod web -n=shop', 'namespace', 'shop'],
    ['pod web --namespace shop', 'namespace', 'shop'],
    ['pod web --namespace=shop', 'namespace', 'shop'],
    ['pod web -n a -n b', 'namespace', 'b'],
    ['pod web -ojson', 'output', 'json'],
    ['pod web', 'output', 'text'],
    ['pod web -v6', 'v', '6'],
    ['pod web -v=6', 'v', '6'],
    ['pod web --v=6', 'v', '6'],
    ['pod web --token=a=b', 'token', 'a=b'],
    ['pod web -n --context', 'namespace', '--context'],
    ['pod web --token="a"', 'token', '"a"'],
    ['pod web -n -oyaml', 'namespace', '-oyaml'],
    ['pod web --timeout 07', 'timeout', '07'],
    ['pod -hnshop', 'namespace', 'shop'],
    ['pod web --evidence', 'evidence', 'true'],
    ['pod web --evidence --evidence=false', 'evidence', 'false'],
    ['pod web --evidence=false', 'evidence', 'false'],
    ['pod web', 'namespace', undefined],
  ])('%s gives %s = %s', (line, flag, value) => {
    expect(read(line).flags.get(flag)).toBe(value);
  });

  test('a repeatable flag keeps every value, in order', () => {
    expect(read('pod web --as-group a --as-group=b').flags.all('as-group')).toEqual(['a', 'b']);
  });

  test.each([
    ['pod web', { NETINSPECT_TIMEOUT: '5s' }, '5s'],
    ['pod web --timeout 7s', { NETINSPECT_TIMEOUT: '5s' }, '7s'],
    ['pod web', { NETINSPECT_TIMEOUT: '' }, '2m'],
    ['pod web', {}, '2m'],
  ])('%s with %j: a flag wins over the environment, that over the default', (line, env, value) => {
    expect(read(line, env).flags.get('timeout')).toBe(value);
  });
});

describe('what is not understood is said, with the nearest word', () => {
  test.each([
    ['pdo web', 'unknown command "pdo"', 'did you mean "pod"?'],
    ['snapshoot', 'unknown command "snapshoot"', 'did you mean "snapshot"?'],
    ['frobnicate', 'unknown command "frobnicate"', 'see: kubectl netinspect --help'],
    ['deploy/web', 'unknown command "deploy"', 'see: kubectl netinspect --help'],
    ['pod --evidenc web', 'unknown flag: --evidenc', 'did you mean --evidence?'],
    ['pod --namspace=a web', 'unknown flag: --namspace', 'did you mean --namespace?'],
    ['version --evidence', 'unknown flag: --evidence', 'see: kubectl netinspect version --help'],
    ['pod -x web', 'unknown flag: -x', 'see: kubectl netinspect pod --help'],
    ['config -n shop', 'unknown flag: -n', 'see: kubectl netinspect config --help'],
    ['pod --dryRun web', 'unknown flag: --dryRun', 'did you mean --dry-run?'],
    ['pod --no-evidence web', 'unknown flag: --no-evidence', 'did you mean --evidence?'],
    ['pod --constructor web', 'unknown flag: --constructor', 'see: kubectl netinspect pod --help'],
    ['--get-yargs-completions', 'unknown flag: --get-yargs-completions', 'see: kubectl netinspect --help'],
    ['--evidenc pod web', 'unknown flag: --evidenc', 'did you mean --evidence?'],
    ['pod web -n', 'flag needs an argument: -n', 'it takes NAMESPACE'],
    ['pod web other', 'pod does not take "other"', 'see: kubectl netinspect pod --help'],
    ['pod web -o xml', '--output is "xml"', 'allowed: text, json, yaml, name'],
    ['pod web --evidence=maybe', '--evidence is true or false, not "maybe"', undefined],
  ])('%s', (line, message, next) => {
    const error = catchError(() => read(line));
    expect(error).toBeInstanceOf(UsageError);
    expect([(error as UsageError).message, (error as UsageError).next]).toEqual([message, next]);
  });

  test('a bad value of an environment variable is blamed on the variable', () => {
    const error = catchError(() => read('pod web', { NETINSPECT_IMAGE_PULL_POLICY: 'Sometimes' }));
    expect((error as UsageError).message).toBe('NETINSPECT_IMAGE_PULL_POLICY is "Sometimes"');
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
