import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { debugFailure, execFailure, podFailure, startTimeout } from '../../src/collect/failures.ts';
import type { Pod } from '../../src/collect/kinds.ts';

/**
 * What kubectl 1.36 (one file: 1.29) said on the test cluster, and the status of real debug pods there.
 * File names: SOURCE.CODE[.CASE]: the code is what the failure must be called.
 */
const folder = 'test/collect/fixtures/kubectl-failures';
const files = readdirSync(folder).map(file => {
  const [source = '', code = '', variant = ''] = file.split('.');
  return { source, code, variant, text: readFileSync(`${folder}/${file}`, 'utf8') };
});
const of = (source: string) => files.filter(file => file.source === source);
const place = { node: 'node1', namespace: 'default', image: 'example.test/tools:1' };

describe('what kubectl debug says when it fails', () => {
  test.each(of('debug'))('is $code ($variant), with a next step', ({ code, text }) => {
    const error = debugFailure(text, place);
    expect(error).toMatchObject({ code, exitCode: 3, next: expect.stringMatching(/./) });
  });

  test("keeps the server's own words, without kubectl's log lines", () => {
    const words = (code: string, variant: string) =>
      debugFailure(files.find(file => file.code === code && file.variant === variant)?.text ?? '', place).message;
    expect(words('pod-security', 'baseline')).toContain('violates PodSecurity "baseline:latest": host namespaces');
    expect(words('connection-lost', 'refused')).not.toMatch(/memcache|E\d{4} /);
    expect(words('admission-refused', 'policy')).toContain('hostPID is not allowed here');
  });

  test('names the verb and the resource that are missing', () => {
    const text = files.find(file => file.variant === 'create-pods')?.text ?? '';
    expect(debugFailure(text, place).next).toBe('ask for a role that allows "create" on "pods"');
  });

  test('that nobody knows is told as it is', () => {
    expect(debugFailure('error: something new', place)).toMatchObject({
      code: 'debug-refused',
      message: expect.stringContaining('something new'),
    });
  });
});

describe('what kubectl exec says when it fails', () => {
  test.each(of('exec'))('is $code ($variant), with a next step', ({ code, text }) => {
    expect(execFailure(text, place)).toMatchObject({ code, exitCode: 3, next: expect.stringMatching(/./) });
  });
});

describe("a debug pod's status", () => {
  test.each(of('status').filter(({ code }) => code !== 'none'))('means $code ($variant)', ({ code, text }) => {
    expect(podFailure(JSON.parse(text) as Pod, place)).toMatchObject({ code, exitCode: 3 });
  });

  test.each(of('status').filter(({ code }) => code === 'none'))('may still become good when $variant', ({ text }) => {
    expect(podFailure(JSON.parse(text) as Pod, place)).toBeUndefined();
  });

  test('of a pod that never ran in time is told in the words of its last state', () => {
    const pending = JSON.parse(of('status').find(({ variant }) => variant === 'pending')?.text ?? '') as Pod;
    expect(startTimeout(pending, place, 30_000)).toMatchObject({
      code: 'start-timeout',
      message: 'the debug pod on node1 did not run within 30 s: it is Pending (ContainerCreating)',
    });
    expect(startTimeout(undefined, place, 30_000).message).toContain('it was never seen');
  });
});
