import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSnapshot } from '../../src/collect/snapshot-read.ts';
import { snapshotForm, writeSnapshot } from '../../src/collect/snapshot-write.ts';
import { IncompleteError, UsageError } from '../../src/errors.ts';
import type { Snapshot } from '../../src/parse/snapshot.ts';

const recorded = fileURLToPath(new URL('../cli/fixtures/web.tar.gz', import.meta.url));

let folder: string;
let web: Snapshot;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netinspect-snapshot-'));
  web = await readSnapshot(recorded);
});

afterAll(() => rm(folder, { recursive: true }));

/** A folder with the given files, or with what `make` does in it, packed by the real tar. */
async function packed(name: string, make: (path: string) => Promise<void>, ...tarArguments: string[]): Promise<string> {
  const path = join(folder, `${name}.d`);
  await mkdir(path, { recursive: true });
  await make(path);
  const archive = join(folder, `${name}.tar.gz`);
  execFileSync('tar', ['-czf', archive, '-C', path, ...tarArguments, '.'], { stdio: 'pipe' });
  return archive;
}

async function failure(file: string): Promise<{ kind: unknown; code: unknown; message: string }> {
  const error = await readSnapshot(file).then(
    () => undefined,
    (reason: Error & { code: string }) => reason,
  );
  return { kind: error?.constructor, code: error?.code, message: (error?.message ?? '').replaceAll(folder, '') };
}

describe('a snapshot is the same after writing and reading', () => {
  test.each(['copy.tar.gz', 'copy.tgz', 'copy'])('%s', async name => {
    const file = join(folder, name);
    await writeSnapshot(file, web);
    expect(await readSnapshot(file)).toEqual(web);
  });

  test('with names that file systems do not like', async () => {
    const names = ['a:b', 'c*?"<>|', 'con', 'aux.txt', 'end.', 'back\\slash', '100%', 'é', ' '];
    const files = new Map(names.map(name => [`nodes/n/cni/${name}`, name]));
    const odd: Snapshot = { index: { ...web.index, sections: {}, failures: [] }, files };
    for (const file of [join(folder, 'odd'), join(folder, 'odd.tar.gz')]) {
      await writeSnapshot(file, odd);
      expect([...(await readSnapshot(file)).files].sort()).toEqual([...files].sort());
    }
  });

  test.each([
    ['mode.tar.gz', 0o600],
    ['mode', 0o700],
  ])('%s is for its owner alone', async (name, mode) => {
    await writeSnapshot(join(folder, name), web);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(mode);
  });

  test('an archive is replaced, a folder with content is not', async () => {
    await writeSnapshot(join(folder, 'twice.tar.gz'), web);
    await writeSnapshot(join(folder, 'twice.tar.gz'), web);
    await mkdir(join(folder, 'full'));
    await writeFile(join(folder, 'full', 'mine'), '');
    await expect(writeSnapshot(join(folder, 'full'), web)).rejects.toThrow('exists and is not empty');
    expect(await readFile(join(folder, 'full', 'mine'), 'utf8')).toBe('');
  });

  test('nothing is left of one that cannot be written', async () => {
    await expect(writeSnapshot(join(folder, 'no', 'such', 'folder.tar.gz'), web)).rejects.toThrow('cannot be written');
    await expect(stat(join(folder, 'no'))).rejects.toThrow('ENOENT');
  });
});

test.each([
  ['x.tar.gz', 'archive'],
  ['x.tgz', 'archive'],
  ['x', 'folder'],
  ['x/', 'folder'],
  ['node-1.example', 'folder'],
])('the name %s asks for the form %s', (name, form) => {
  expect(snapshotForm(name)).toBe(form);
});

test.each(['x.json', 'x.tar', 'x.zip', 'x.gz', 'x.yaml'])('the name %s asks for neither form', name => {
  expect(() => snapshotForm(name)).toThrow(UsageError);
});

describe('a snapshot made by hand', () => {
  const rules = '*nat\nCOMMIT\n';

  test('needs one section and no index', async () => {
    const path = join(folder, 'by-hand');
    await mkdir(join(path, 'nodes/worker-1'), { recursive: true });
    await writeFile(join(path, 'nodes/worker-1/iptables-save.nft'), rules);
    const { index, files } = await readSnapshot(path);
    expect([...files]).toEqual([['nodes/worker-1/iptables-save.nft', rules]]);
    expect(index.targets).toEqual({ pods: [], nodes: ['worker-1'] });
    expect(index.time).toBe((await stat(path)).mtime.toISOString());
  });

  test('may be packed with its folder', async () => {
    const archive = await packed('with-folder', async path => {
      await mkdir(join(path, 'mine/nodes/worker-1'), { recursive: true });
      await writeFile(join(path, 'mine/nodes/worker-1/iptables-save.nft'), rules);
    });
    expect([...(await readSnapshot(archive)).files.keys()]).toEqual(['nodes/worker-1/iptables-save.nft']);
  });

  test('names its pods by their folders', async () => {
    const path = join(folder, 'pod-by-hand');
    await mkdir(join(path, 'nodes/n/pods/shop_web-0'), { recursive: true });
    await writeFile(join(path, 'nodes/n/pods/shop_web-0/addr.json'), '[]');
    expect((await readSnapshot(path)).index.targets.pods).toEqual([{ namespace: 'shop', name: 'web-0' }]);
  });
});

describe('what changed after writing is marked', () => {
  test('a section with another checksum is kept, as truncated', async () => {
    const path = join(folder, 'changed');
    await writeSnapshot(path, web);
    await truncate(join(path, 'nodes/node1/link.json'), 10);
    const { index, files } = await readSnapshot(path);
    expect(index.sections['nodes/node1/link.json']?.truncated).toBe(true);
    expect(files.get('nodes/node1/link.json')).toHaveLength(10);
  });

  test('a section that is gone is a failure', async () => {
    const path = join(folder, 'gone');
    await writeSnapshot(path, web);
    await rm(join(path, 'nodes/node1/link.json'));
    const { index } = await readSnapshot(path);
    expect(index.failures).toEqual([
      expect.objectContaining({ subject: 'nodes/node1/link.json', code: 'section-missing' }),
    ]);
  });
});

describe('a damaged or hostile snapshot is refused in words', () => {
  test.each([0.1, 0.5, 0.99])('an archive cut off at %d of its length', async share => {
    const whole = await readFile(recorded);
    const file = join(folder, `cut-${share}.tar.gz`);
    await writeFile(file, whole.subarray(0, Math.floor(whole.length * share)));
    expect(await failure(file)).toEqual({
      kind: IncompleteError,
      code: 'snapshot-damaged',
      message: `/cut-${share}.tar.gz is cut off`,
    });
  });

  test('an archive with flipped bytes', async () => {
    const whole = Buffer.from(await readFile(recorded));
    whole.fill(0xff, 4000, 4040);
    const file = join(folder, 'flipped.tar.gz');
    await writeFile(file, whole);
    expect(await failure(file)).toMatchObject({ kind: IncompleteError, code: 'snapshot-damaged' });
  });

  test('a tar that ends in the middle of a file', async () => {
    const tar = execFileSync('gunzip', ['-c', recorded], { maxBuffer: 1 << 26 });
    const file = join(folder, 'half.tar.gz');
    await writeFile(file, gzipSync(tar.subarray(0, 70_000)));
    expect(await failure(file)).toMatchObject({ kind: IncompleteError, code: 'snapshot-damaged' });
  });

  test.each([
    ['a path out of the snapshot', ['--transform', 's,secret,../../secret,']],
    ['an absolute path', ['-P', '--transform', 's,.*secret,/etc/secret,']],
    ['a path with a backslash', ['--transform', 's,secret,..\\\\secret,']],
  ])('%s', async (name, tarArguments) => {
    const archive = await packed(
      name.replaceAll(' ', '-'),
      path => writeFile(join(path, 'secret'), ''),
      ...tarArguments,
    );
    expect(await failure(archive)).toMatchObject({ kind: IncompleteError, code: 'snapshot-unsafe' });
  });

  test('a link in an archive', async () => {
    const archive = await packed('link', path => symlink('/etc/passwd', join(path, 'snapshot.json')));
    expect(await failure(archive)).toMatchObject({ kind: IncompleteError, code: 'snapshot-unsafe' });
  });

  test('a link in a folder', async () => {
    const path = join(folder, 'linked');
    await mkdir(path);
    await symlink('/etc/passwd', join(path, 'snapshot.json'));
    expect(await failure(path)).toMatchObject({ kind: IncompleteError, code: 'snapshot-unsafe' });
  });

  test.each([
    ['bytes', { bytes: 100_000, files: 1000 }],
    ['files', { bytes: 100_000_000, files: 10 }],
  ])('more %s than any snapshot has, packed or not', async (name, limits) => {
    const path = join(folder, `large-${name}`);
    await writeSnapshot(path, web);
    for (const file of [recorded, path]) {
      await expect(readSnapshot(file, limits)).rejects.toMatchObject({ code: 'snapshot-too-large', exitCode: 4 });
    }
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'is not an object'],
    ['{"time": "yesterday"}', 'has a malformed time'],
    ['{"sections": {"a": {"exitCode": "0"}}}', 'has malformed sections'],
    ['{"sections": []}', 'has malformed sections'],
    ['{"failures": [{}]}', 'has malformed failures'],
    ['{"targets": {"pods": "web", "nodes": []}}', 'has malformed targets'],
  ])('the index %s', async (text, words) => {
    const path = await mkdtemp(join(folder, 'index-'));
    await writeFile(join(path, 'snapshot.json'), text);
    const { kind, code, message } = await failure(path);
    expect([kind, code]).toEqual([IncompleteError, 'snapshot-damaged']);
    expect(message).toContain(words);
  });

  test('an index of a later version', async () => {
    const path = await mkdtemp(join(folder, 'version-'));
    await writeFile(join(path, 'snapshot.json'), '{"apiVersion": "netinspect/v9"}');
    expect(await failure(path)).toMatchObject({ kind: UsageError, code: 'snapshot-version' });
  });

  test.each([
    ['text', 'not a tar'],
    ['empty', ''],
  ])('a file that is none: %s', async (name, text) => {
    const file = join(folder, name);
    await writeFile(file, text);
    expect(await failure(file)).toMatchObject({
      kind: UsageError,
      code: 'not-a-snapshot',
      message: `/${name} is not a snapshot`,
    });
  });

  test('an empty folder', async () => {
    expect(await failure(await mkdtemp(join(folder, 'empty-')))).toMatchObject({
      kind: UsageError,
      code: 'not-a-snapshot',
    });
  });
});
