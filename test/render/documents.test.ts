import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { jsonText } from '../../src/render/json.ts';
import { yamlText } from '../../src/render/yaml.ts';
import { readReport } from './cases.ts';

const texts = [
  'plain',
  '',
  ' ',
  'yes',
  'no',
  'on',
  'null',
  '~',
  '1e5',
  '0x10',
  '012',
  '12:30',
  '2026-01-01',
  'a: b',
  '- a',
  '# a',
  'two\nlines\n',
  '\u001b[31m',
  '\u009b31m',
  '\u007f',
  '\u0085',
  '日本語',
];

describe.each([
  ['JSON', jsonText, (text: string) => JSON.parse(text)],
  ['YAML 1.2', yamlText, (text: string) => parse(text)],
  ['YAML 1.1', yamlText, (text: string) => parse(text, { version: '1.1' })],
] as const)('%s', (_name, write, read) => {
  test.each(texts)('keeps %j as a value and as a name', text => {
    const document = { value: text, list: [text], map: { [`k${text}`]: 1 } };
    expect(read(write(document))).toEqual(document);
  });

  test.each(texts)('has no control character for %j', text => {
    expect(write({ value: text }).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  test.each(['pod-bridge', 'pod-routed', 'node'] as const)('keeps the report %s', name => {
    expect(read(write(readReport(name)))).toEqual(readReport(name));
  });
});
