import { describe, expect, test } from '@jest/globals';
import { loadRuleFiles } from '../../src/app/rule-files.ts';
import { printOf } from './layouts.ts';

const given = (text: string) => loadRuleFiles([{ name: 'paste', text }], { local: [] });

/** Each rule with its line, and what was not understood. */
function found(text: string) {
  const { host, unread, problems } = given(text);
  const rules = host.rules.tables.flatMap(({ chains }) =>
    [...chains.values()].flatMap(({ name, rules: list }) =>
      Array.from({ length: list.length }, (_, at) => {
        const { source, expressions } = list.at(at);
        return { chain: name, line: source.line, does: expressions.at(-1)?.kind };
      }),
    ),
  );
  return { rules, unread: unread.map(({ raw }) => raw), problems };
}

const save = printOf('k3s', 'iptables-save.txt') ?? '';
const nft = printOf('calico-nftables', 'nft.txt') ?? '';
const sets = printOf('calico', 'ipset.txt') ?? '';

const lines = (text: string, change: (line: string, number: number) => string) =>
  text
    .split('\n')
    .map((line, at) => (line === '' ? '' : change(line, at + 1)))
    .join('\n');

describe('what stands before each line of a mailed or copied text', () => {
  const pastes: readonly [string, (text: string) => string][] = [
    ['a quotation', text => lines(text, line => `> ${line}`)],
    ['… of a quotation', text => lines(text, line => `> > ${line}`)],
    ['blanks', text => lines(text, line => `    ${line}`)],
    ['the numbers of grep -n', text => lines(text, (line, number) => `${number}:${line}`)],
    ['the numbers of cat -n', text => lines(text, (line, number) => `${String(number).padStart(6)}\t${line}`)],
    ['times', text => lines(text, line => `2024-01-29T13:17:04.5218693Z   ${line}`)],
    ['a name', text => lines(text, line => `node1 | ${line}`)],
    ['hard blanks', text => text.replaceAll(' ', '\u00a0')],
  ];
  test.each(pastes)('%s: before iptables-save', (_, paste) => {
    expect(found(paste(save))).toEqual(found(save));
  });
  test.each(pastes)('%s: before nft list ruleset', (_, paste) => {
    expect(found(paste(nft))).toEqual(found(nft));
  });
  test.each(pastes)('%s: before ipset save', (_, paste) => {
    const { host, unread } = given(paste(sets));
    expect([host.rules.ipsets.size, unread]).toEqual([given(sets).host.rules.ipsets.size, []]);
  });
});

describe('what stands around it', () => {
  test.each([
    ['fences of Markdown', (text: string) => `\n\`\`\`sh${text}\`\`\``],
    ['a command without its prompt', (text: string) => `kubectl exec kube-proxy-x -- iptables-save${text}`],
    ['what kubectl says of its choice', (text: string) => `Defaulted container "kube-proxy" out of: x, y${text}`],
    ['the end of a session', (text: string) => `sh-4.2# iptables-save${text}sh-4.2# exit`],
  ])('%s is no line of the dump', (_, paste) => {
    const text = paste(`\n${save}`);
    const shift = text.split('\n').indexOf(save.split('\n')[0] ?? '');
    const expected = found(save);
    expect(found(text)).toEqual({
      ...expected,
      rules: expected.rules.map(rule => ({ ...rule, line: (rule.line ?? 0) + shift })),
    });
  });

  test('prose is said', () => {
    expect(found(`${save}Thanks!\n`).unread).toEqual(['Thanks!']);
  });
});

describe('lines that were wrapped', () => {
  /** At blanks, which are lost; or anywhere. */
  const soft = (text: string, width: number) =>
    lines(text, line => line.replace(new RegExp(`(?=.{${width},})(.{20,${width - 1}}\\S) `, 'g'), '$1\n'));
  const hard = (text: string, width: number) =>
    lines(text, line => line.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n'));
  const without = ({ rules, ...rest }: ReturnType<typeof found>) => ({
    ...rest,
    rules: rules.map(rule => ({ ...rule, line: null })),
  });

  test.each([
    ['at blanks, at 76', soft(save, 76)],
    ['at blanks, at 60', soft(save, 60)],
    ['at 80', hard(save, 80)],
    ['at 100', hard(save, 100)],
    ['at blanks, and quoted', lines(soft(save, 76), line => `> ${line}`)],
  ])('%s', (_, text) => {
    expect(text.split('\n').length).toBeGreaterThan(save.split('\n').length + 10);
    expect(without(found(text))).toEqual(without(found(save)));
  });

  test('a line that does not make a rule whole stays what it is', () => {
    const text = '*filter\n-A INPUT -p tcp -j ACCEPT\nand then I tried\n-A INPUT -j DROP\nCOMMIT\n';
    expect(found(text).unread).toEqual(['and then I tried']);
  });
});
