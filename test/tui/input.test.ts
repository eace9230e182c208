import { expect, test } from '@jest/globals';
import type { Key } from 'ink';
import { keysOf } from '../../src/tui/input.ts';

test.each<[string, Partial<Key>, string[]]>([
  ['j', {}, ['j']],
  ['G', { shift: true }, ['G']],
  ['', { return: true }, ['enter']],
  ['', { downArrow: true }, ['down']],
  ['', { delete: true }, ['backspace']],
  ['r', { ctrl: true }, ['ctrl-r']],
  // Typed ahead: what comes in one read.
  ['jjj', {}, ['j', 'j', 'j']],
  ['web\r', {}, ['w', 'e', 'b', 'enter']],
  ['界é', {}, ['界', 'é']],
  ['a\x00\x15b', {}, ['a', 'ctrl-u', 'b']],
  // Escape and what was typed after it.
  ['x', { meta: true }, ['escape', 'x']],
  ['', { meta: true, return: true }, ['escape', 'enter']],
  ['', { meta: true, escape: true }, ['escape']],
  ['', { meta: true, upArrow: true }, ['up']],
])('%j with %j is %j', (input, key, keys) => {
  expect(keysOf(input, key as Key)).toEqual(keys);
});
