import { describe, expect, test } from '@jest/globals';
import { fitted, line, shorten } from '../../src/tui/columns.ts';

describe('a text is cut to columns', () => {
  test.each([
    ['web', 3, 'web'],
    ['web-0', 4, 'web…'],
    ['', 0, ''],
    ['web', 0, ''],
    ['世界', 4, '世界'],
    ['世界世界', 4, '世…'],
    ['世界世界', 5, '世界…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
    ['👩‍👩‍👧x', 2, '…'],
  ])('%j to %d: %j', (text, width, expected) => {
    expect(shorten(text, width)).toBe(expected);
  });
});

test.each([
  [[3, 4], 20, [3, 4]],
  [[10, 4], 12, [6, 4]],
  [[10, 10, 2], 16, [5, 5, 2]],
  [[5, 5], 2, [1, 1]],
  [[], 10, []],
])('columns of %j in %d are %j', (wanted, width, expected) => {
  expect(fitted(wanted, width)).toEqual(expected);
});

test('what a terminal would obey is made visible before it is cut', () => {
  expect(line(['a\u001b[2Jb'], [8], { width: 8, colour: false })).toBe('a\\x1b[2…');
});
