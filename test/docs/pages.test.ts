import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { pages } from '../../docs/commands/pages.ts';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';

const folder = new URL('../../docs/commands/', import.meta.url);

describe('the pages of the commands', () => {
  test.each([...pages()])('%s is what `npm run docs` writes', (name, text) => {
    expect(readFileSync(new URL(name, folder), 'utf8')).toBe(text);
  });

  test('there are no others', () => {
    expect(
      readdirSync(folder)
        .filter(name => name.endsWith('.md'))
        .sort(),
    ).toEqual([...pages().keys()].sort());
  });
});

describe('the examples of a command are accepted by it', () => {
  const examples = commands.flatMap(command => command.examples.map(([, words]) => [command.name, words] as const));

  test.each(examples)('%s: %s', (name, words) => {
    // What a shell would take away: a redirection, a pipe, a second command; and quotes.
    const own = words.split(/ [|>] | && /)[0] ?? '';
    const argv = [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
    const { command } = readCommandLine(argv, commands, {});
    expect(command?.name).toBe(name);
  });
});
