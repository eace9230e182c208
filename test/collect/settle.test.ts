import { expect, test } from '@jest/globals';
import { settleAll } from '../../src/collect/settle.ts';

test('work is done for every item, never for more at a time, and settles in order', async () => {
  let running = 0;
  let most = 0;
  const outcomes = await settleAll([5, 1, 4, 2, 3], 2, async item => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running -= 1;
    if (item === 4) throw new Error('four');
    return item * 10;
  });
  expect(most).toBe(2);
  expect(outcomes.map(outcome => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message))).toEqual([
    50,
    10,
    'four',
    20,
    30,
  ]);
});

test('without items there is nothing to do', async () => {
  expect(await settleAll([], 8, () => Promise.reject(new Error('work')))).toEqual([]);
});
