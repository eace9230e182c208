import { type Parsed, parseLines } from './records.ts';

/** One directive of resolv.conf. */
export interface ResolvRecord {
  raw: string;
  line: number;
  keyword: 'nameserver' | 'search' | 'domain' | 'options' | 'sortlist';
  values: string[];
}

/** Reads resolv.conf(5): the keyword starts its line, `#` and `;` in the first column start a comment. */
export function parseResolvConf(text: string): Parsed<ResolvRecord> {
  return parseLines(text, (raw, line) => {
    if (raw.trim() === '' || /^\s*[#;]/.test(raw)) return null;
    const [keyword, ...values] = raw.trim().split(/\s+/);
    if (
      keyword === 'nameserver' ||
      keyword === 'search' ||
      keyword === 'domain' ||
      keyword === 'options' ||
      keyword === 'sortlist'
    ) {
      return { raw, line, keyword, values };
    }
    return `unknown keyword "${keyword}"`;
  });
}
