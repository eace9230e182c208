import { describe, expect, test } from '@jest/globals';
import { alarm, pValueOf } from '../../src/model/share-test.ts';

/** The statistical test of shares, against chances that are counted out. */

describe('the chance of counts that are at least as far out', () => {
  test.each([
    ['all of 3 at one of two: 2 × 1/8 for each of the two', [3, 0], [1 / 2, 1 / 2], 2 * 2 * (1 / 8)],
    ['all of 10 at one of two', [10, 0], [1 / 2, 1 / 2], 2 * 2 * 2 ** -10],
    ['none of 20 at one of three', [20, 0], [2 / 3, 1 / 3], 2 * 2 * (2 / 3) ** 20],
    ['just what is expected', [10, 10], [1 / 2, 1 / 2], 1],
    ['the only endpoint', [7], [1], 1],
    ['one of two that a share of 0 forbids', [1, 9], [0, 1], 0],
  ])('%s', (_name, counts, shares, expected) => {
    const trials = counts.reduce((sum, count) => sum + count, 0);
    const rows = counts.map((count, index) => ({ count, share: shares[index] ?? 0 }));
    expect(pValueOf(rows, trials)).toBeCloseTo(expected, 12);
  });
});

test('a wrong share is found with enough connections, a right one is not called wrong', () => {
  const thirds = (counts: number[]) => counts.map(count => ({ count, share: 1 / 3 }));
  expect(pValueOf(thirds([500, 250, 250]), 1000)).toBeLessThan(alarm);
  expect(pValueOf(thirds([360, 320, 320]), 1000)).toBeGreaterThan(0.05);
});

/** Every way that 12 draws of three may fall, with its chance: no fewer false alarms are allowed than promised. */
test.each([0.05, 0.001, 1e-6])('it is wrong about a right prediction with a chance of at most %d', level => {
  const shares = [1 / 2, 1 / 3, 1 / 6] as const;
  const trials = 12;
  const factorial = (number: number): number => (number < 2 ? 1 : number * factorial(number - 1));
  let chance = 0;
  for (let first = 0; first <= trials; first++)
    for (let second = 0; first + second <= trials; second++) {
      const counts = [first, second, trials - first - second];
      const ways = factorial(trials) / counts.reduce((product, count) => product * factorial(count), 1);
      const weight = counts.reduce((product, count, index) => product * (shares[index] ?? 0) ** count, ways);
      const rows = counts.map((count, index) => ({ count, share: shares[index] ?? 0 }));
      if (pValueOf(rows, trials) < level) chance += weight;
    }
  expect(chance).toBeLessThanOrEqual(level);
});
