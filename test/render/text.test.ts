import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import type { PodReport } from '../../src/model/report.ts';
import { podText } from '../../src/render/pod.ts';
import { drawings, readReport } from './cases.ts';

describe('a report is drawn as expected', () => {
  test.each(drawings.map(drawing => [drawing.file.pathname.split('/').at(-1), drawing] as const))(
    '%s',
    (_name, drawing) => {
      expect(drawing.draw()).toBe(readFileSync(drawing.file, 'utf8'));
    },
  );

  test.each(drawings.map(drawing => [drawing.file.pathname.split('/').at(-1), drawing] as const))(
    'no line of %s is wider than its terminal',
    (_name, { layout, draw }) => {
      const tooWide = draw()
        .split('\n')
        .filter(line => stringWidth(line) > layout.width);
      expect(tooWide).toEqual([]);
    },
  );

  test('colour adds nothing but colour: without it the text is the same', () => {
    const coloured = drawings.find(({ report, layout }) => report === 'pod-bridge' && layout.colour);
    const plain = drawings.find(
      ({ report, layout }) => report === 'pod-bridge' && !layout.colour && layout.width === 120,
    );
    expect(stripVTControlCharacters(coloured?.draw() ?? '')).toBe(plain?.draw());
    expect(coloured?.draw()).not.toBe(plain?.draw());
  });
});

describe('names from the cluster cannot act on the terminal', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[31m\u009b2J\u202ereversed\u200b\r\n';

  function withNames(name: string): PodReport {
    const text = JSON.stringify(readReport('pod-routed')).replaceAll(/"(web|eth0|node3|http)"/g, JSON.stringify(name));
    return JSON.parse(text);
  }

  test.each([40, 80, Number.POSITIVE_INFINITY])('at width %d', width => {
    const drawn = podText(withNames(hostile), { width, colour: false });
    expect(drawn).toContain(
      width === 40 ? String.raw`\x1b` : String.raw`\x1b]0;owned\x07\x1b[31m\x9b2J\u{202e}reversed\u{200b}\x0d\x0a`,
    );
    expect(drawn.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test.each(['日本語', '👩‍👩‍👧', 'é́'])('wide and combined characters keep within the width: %s', name => {
    const lines = podText(withNames(name.repeat(12)), { width: 60, colour: false }).split('\n');
    expect(lines.filter(line => stringWidth(line) > 60)).toEqual([]);
  });
});
