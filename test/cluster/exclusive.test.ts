import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { exclusively } from './exclusive.ts';
import { sourcePath } from './paths.ts';

const silent = () => {};

/** A process of its own that takes the lock, says so, and then does as told. */
function holder(name: string, then: string) {
  const script = `import { exclusively } from ${JSON.stringify(sourcePath('exclusive.ts'))};
    await exclusively(${JSON.stringify(name)}, () => {}, async () => { console.log('held'); await new Promise(resolve => { ${then} }); });
    console.log('released'); setInterval(() => {}, 1000);`;
  const child = execa(process.execPath, ['--input-type=module', '--eval', script], { reject: false });
  return { child, held: once(child.stdout, 'data') };
}

test('one that waits goes on when the holder is done, though its process lives', async () => {
  const { child, held } = holder('test-release', "process.stdin.once('data', resolve);");
  await held;
  const order: string[] = [];
  const waits = exclusively(
    'test-release',
    () => child.stdin.write('go\n'),
    async () => void order.push('taken'),
  );
  await waits;
  expect({ order, holderLives: child.kill(0) }).toEqual({ order: ['taken'], holderLives: true });
  child.kill('SIGKILL');
  await child;
});

test('one that waits goes on when the holder is killed', async () => {
  const { child, held } = holder('test-kill', '');
  await held;
  const taken = await exclusively(
    'test-kill',
    () => child.kill('SIGKILL'),
    async () => true,
  );
  expect(taken).toBe(true);
  await child;
});

test('what fails inside frees the lock and is thrown', async () => {
  const fails = exclusively('test-throw', silent, () => Promise.reject(new Error('broken')));
  await expect(fails).rejects.toThrow('broken');
  await expect(exclusively('test-throw', silent, async () => 'free')).resolves.toBe('free');
});
