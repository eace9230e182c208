import { describe, expect, test } from '@jest/globals';
import { parseGoDuration } from '../../src/collect/duration.ts';

describe('a duration', () => {
  test.each([
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['0.2ms', 1],
    ['100µs', 1],
    ['0s', 0],
    ['10000h', 2 ** 31 - 1],
  ])('%s is %i ms, which a timer takes', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms);
    expect(() => AbortSignal.timeout(ms)).not.toThrow();
  });

  test.each(['', '5', '-5s', '5 s', '1d', 's', '1h5'])('%j is wrong usage', text => {
    expect(() => parseGoDuration(text)).toThrow(expect.objectContaining({ code: 'duration', exitCode: 2 }));
  });
});
