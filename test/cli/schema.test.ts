import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { schemas } from '../../docs/schema/schemas.ts';
import { bridgePod, buildProgram, type Program, routedPod, webSnapshot } from './program.ts';
import { publishedSchema, schemaErrors } from './published.ts';

describe('the published schemas', () => {
  test.each([...schemas()])('%s is what `npm run schema` writes', (kind, schema) => {
    expect(publishedSchema(kind)).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});

describe('what a command prints as JSON keeps to its published schema', () => {
  let folder: string;
  let netinspect: Program['netinspect'];
  let remove: Program['remove'];

  beforeAll(async () => {
    ({ netinspect, remove } = buildProgram());
    folder = await mkdtemp(join(tmpdir(), 'netinspect-schema-'));
  }, 60_000);

  afterAll(async () => {
    remove();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['PodReport', ['pod', bridgePod]],
    ['PodReport', ['pod', routedPod, '--evidence']],
    ['NodeReport', ['node', 'node1']],
    ['NodeReport', ['node', 'node3', '--evidence']],
    ['SnapshotReport', ['snapshot', '%']],
    ['ConfigReport', ['config']],
    ['VersionReport', ['version']],
  ])('%s: %j', (kind, args) => {
    const words = args.map(word => (word === '%' ? join(folder, 'copy.tar.gz') : word));
    const { stdout, stderr } = netinspect([...words, '--from', webSnapshot, '-o', 'json']);
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect([document.kind, schemaErrors(document)]).toEqual([kind, null]);
  });

  test('a member too many is found', () => {
    const { stdout } = netinspect(['version', '--client', '-o', 'json']);
    expect(schemaErrors({ ...JSON.parse(stdout), more: 1 })).toMatchObject([{ keyword: 'additionalProperties' }]);
  });
});
