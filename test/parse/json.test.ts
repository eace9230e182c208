import { describe, expect, test } from '@jest/globals';
import { parseJson, parseJsonArray } from '../../src/parse/json.ts';

const names = (text: string, key?: string) =>
  parseJsonArray(text, entry => (typeof entry['name'] === 'string' ? { name: entry['name'] } : 'no name'), key);

describe('parseJsonArray', () => {
  test.each([
    ['a brace in a string is no end', '[{"name":"a}"},{"name":"b"},{"na', ['a}', 'b']],
    ['nor is an escaped quote', '[{"name":"a\\"}]"},{"name":"b"', ['a"}]']],
    ['nothing whole arrived', '[{"name":"a"', []],
    ['spoilt in the middle', '[{"name":"a"},{"name":b},{"name":"c"}]', ['a']],
    ['garbage after it', '[{"name":"a"}] x', ['a']],
  ])('%s', (_, text, expected) => {
    const { records, problem } = names(text);
    expect(records.map(({ name }) => name)).toEqual(expected);
    expect(problem).toMatch(/^not valid JSON/);
  });

  test('the items of an object that is cut off', () => {
    expect(names('{"kind":"List","items":[{"name":"a"},{"name":"b', 'items')).toMatchObject({
      records: [{ name: 'a' }],
      problem: expect.stringContaining('1 complete entry was kept'),
    });
  });
});

test.each(['['.repeat(100_000), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`])(
  'hostile nesting is a problem, not an overflow',
  text => {
    expect(parseJson(text)).toEqual({ value: null, problem: 'not valid JSON: nested deeper than 200' });
    expect(names(`[${text}`).records).toEqual([]);
  },
);
