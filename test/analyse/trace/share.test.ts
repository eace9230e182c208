import { describe, expect, test } from '@jest/globals';
import Fraction from 'fraction.js';
import { certain, knownTotal, plus, type Share, taking, times } from '../../../src/analyse/trace/share.ts';

const half = times(certain, new Fraction(1, 2));
const a = { id: 1, ways: 2 };
const b = { id: 2, ways: 2 };
const three = { id: 3, ways: 3 };

describe('the total of a share', () => {
  const cases: [string, Share, string | null][] = [
    ['certain', certain, '1'],
    ['fractions multiply', times(half, new Fraction(2, 3)), '1/3'],
    ['branches add', plus(half, times(certain, new Fraction(1, 3))), '5/6'],
    ['one way of an unknown choice is not known', taking(certain, a, 0), null],
    ['nor is the other', taking(certain, a, 1), null],
    ['both ways together are', plus(taking(half, a, 0), taking(half, a, 1)), '1/2'],
    ['ways of different choices are not', plus(taking(half, a, 0), taking(half, b, 1)), null],
    ['ways of unequal parts are not', plus(taking(half, a, 0), taking(certain, a, 1)), null],
    [
      'all three ways are',
      plus(plus(taking(certain, three, 0), taking(certain, three, 1)), taking(certain, three, 2)),
      '1',
    ],
    ['two of three are not', plus(taking(certain, three, 0), taking(certain, three, 2)), null],
    [
      'all ways of a choice within one way of another are that way, not known',
      plus(taking(taking(certain, a, 0), b, 0), taking(taking(certain, a, 0), b, 1)),
      null,
    ],
    ['all ways of both are known', [0, 1].flatMap(x => [0, 1].flatMap(y => taking(taking(half, a, x), b, y))), '1/2'],
  ];
  test.each(cases)('%s', (_, share, total) => {
    expect(knownTotal(share)?.toFraction() ?? null).toBe(total);
  });
});
