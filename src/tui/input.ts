import type { Key } from 'ink';

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof Key, string])[];

const controls: Record<string, string> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\x7f': 'backspace',
};

/** The keys of what Ink read at once: text that was pasted or typed ahead comes as one input. */
export function keysOf(input: string, key: Key): string[] {
  const name = named.find(([flag]) => key[flag]);
  // Escape and a key typed after it at once come as one key with Alt, which nothing here asks for.
  const before = key.meta && !key.escape ? ['escape'] : [];
  if (name !== undefined) return typed.has(name[0]) ? [...before, name[1]] : [name[1]];
  if (key.ctrl) return input === '' ? [] : [`ctrl-${input}`];
  return before.concat(textKeys(input));
}

/** Named keys that are a character by themselves; terminals send arrows with Alt as one sequence. */
const typed: ReadonlySet<string> = new Set(['return', 'tab', 'backspace', 'delete']);

function textKeys(input: string): string[] {
  return [...input].flatMap(character => {
    const control = controls[character];
    if (control !== undefined) return [control];
    if (character >= ' ') return [character];
    const letter = character.charCodeAt(0);
    return letter > 0 && letter <= 26 ? [`ctrl-${String.fromCharCode(letter + 96)}`] : [];
  });
}
