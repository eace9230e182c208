/** A word of a rule; `start` and `end` are its place in the line, quotes included. */
export interface IptablesToken {
  text: string;
  quoted: boolean;
  start: number;
  end: number;
}

/** An option with its values: `! --dport 80:90`. */
export interface IptablesOption {
  /** With its dashes. */
  name: string;
  negated: boolean;
  values: readonly string[];
}

/** A match (`-m NAME …`), or the target with its options. */
export interface IptablesExtension {
  /** Empty for options before any `-m`: those of the protocol's own match. */
  name: string;
  options: IptablesOption[];
  /** The tool could not show its options: `[unsupported revision]`. */
  unsupported: boolean;
  /** The words as they stand in the line. */
  raw: string;
}

/** The words of a rule, sorted by whose they are. */
export interface IptablesRule {
  chain: string;
  counters: readonly [bigint, bigint] | null;
  /** Options of the rule itself: addresses, protocol, interfaces, fragment. Long names are made short. */
  options: IptablesOption[];
  matches: IptablesExtension[];
  /** null for a rule that only counts. */
  target: (IptablesExtension & { goto: boolean }) | null;
}

const shortNames = new Map([
  ['--source', '-s'],
  ['--src', '-s'],
  ['--destination', '-d'],
  ['--dst', '-d'],
  ['--protocol', '-p'],
  ['--proto', '-p'],
  ['--in-interface', '-i'],
  ['--out-interface', '-o'],
  ['--fragment', '-f'],
  ['--fragments', '-f'],
  ['--jump', '-j'],
  ['--goto', '-g'],
  ['--match', '-m'],
  ['--append', '-A'],
  ['--set-counters', '-c'],
  ['--ipv4', '-4'],
  ['--ipv6', '-6'],
]);

const ownOptions = new Set(['-s', '-d', '-p', '-i', '-o', '-f', '-4', '-6']);

/** Options whose first value is any text, dashes included, as the tools print it without quotes. */
const freeText = new Set(
  '-m -j -g -A -i -o --comment --log-prefix --nflog-prefix --ulog-prefix --string --hex-string --name --hashlimit-name --match-set --add-set --del-set --map-set --bytecode --object-pinned --path --cgroup --helper --nfacct-name --u32 --selctx --genre --rateest-name --label'.split(
    ' ',
  ),
);

const quotedWord = /"((?:[^"\\]|\\.)*)"(?=\s|$)/sy;

/** The words of a line, with xtables' quoting (xtables_save_string); a string when a quote is not closed. */
export function iptablesTokens(line: string): IptablesToken[] | string {
  const tokens: IptablesToken[] = [];
  const { length } = line;
  for (let start = 0; ; ) {
    while (start < length && isSpace(line, start)) start++;
    if (start === length) return tokens;
    let end = start;
    let text: string;
    const quoted = line[start] === '"';
    if (quoted) {
      quotedWord.lastIndex = start;
      const inside = quotedWord.exec(line)?.[1];
      if (inside === undefined) return 'a quote that is not closed';
      end = quotedWord.lastIndex;
      text = inside.includes('\\') ? inside.replace(/\\(.)/gs, '$1') : inside;
    } else {
      while (end < length && !isSpace(line, end)) end++;
      text = line.slice(start, end);
    }
    tokens.push({ text, quoted, start, end });
    start = end;
  }
}

function isSpace(line: string, at: number): boolean {
  const code = line.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13) || (code > 127 && /\s/.test(line[at] ?? ''));
}

const isOption = (token: IptablesToken | undefined): boolean =>
  token?.text.startsWith('-') === true && !token.quoted && /^-(?:[A-Za-z46]$|-[a-z])/.test(token.text);
const isBang = (token: IptablesToken | undefined): boolean => token?.text === '!' && !token.quoted;

/** Reads a rule as iptables-save prints it (`[packets:bytes] -A CHAIN …`); a string says why it cannot be read. */
export function parseIptablesRule(line: string): IptablesRule | string {
  const tokens = iptablesTokens(line);
  if (typeof tokens === 'string') return tokens;
  const rule: IptablesRule = { chain: '', counters: null, options: [], matches: [], target: null };
  let at = 0;
  const counters = /^\[(\d+):(\d+)\]$/.exec(tokens[0]?.text ?? '');
  if (counters?.[1] !== undefined && counters[2] !== undefined) {
    rule.counters = [BigInt(counters[1]), BigInt(counters[2])];
    at = 1;
  }
  let extension: IptablesExtension | null = null;
  while (at < tokens.length) {
    const start = tokens[at]?.start ?? 0;
    let negated = isBang(tokens[at]);
    if (negated) at++;
    const token = tokens[at];
    if (token === undefined || !isOption(token)) return `"${token?.text ?? '!'}" where an option should be`;
    at++;
    const name = shortNames.get(token.text) ?? token.text;
    // Before 1.4.3: `--dport ! 80`.
    if (isBang(tokens[at]) && !isOption(tokens[at + 1])) {
      negated = true;
      at++;
    }
    const values: string[] = [];
    const takesText = freeText.has(name);
    for (let value = tokens[at]; value !== undefined; value = tokens[at]) {
      if (!(takesText && values.length === 0) && (isOption(value) || isBang(value))) break;
      values.push(value.text);
      at++;
    }
    const end = tokens[at - 1]?.end ?? start;
    const option: IptablesOption = { name, negated, values };
    const [value] = values;
    if (name === '-A' || name === '-m' || name === '-j' || name === '-g') {
      const unsupported = values.slice(1).join(' ') === '[unsupported revision]';
      if (value === undefined || (values.length > 1 && !unsupported) || negated) return `${token.text} wants one name`;
      if (name === '-A') rule.chain = value;
      else extension = { name: value, options: [], unsupported, raw: line.slice(start, end) };
      if (name === '-m' && extension !== null) rule.matches.push(extension);
      if (name === '-j' || name === '-g') {
        if (rule.target !== null) return 'two targets';
        rule.target = { name: value, options: [], unsupported, raw: line.slice(start, end), goto: name === '-g' };
        extension = rule.target;
      }
    } else if (name === '-c') {
      if (values.length !== 2 || !values.every(text => /^\d+$/.test(text))) return '-c wants packets and bytes';
      rule.counters = [BigInt(values[0] ?? 0), BigInt(values[1] ?? 0)];
    } else if (ownOptions.has(name)) rule.options.push(option);
    else {
      if (extension === null) {
        extension = { name: '', options: [], unsupported: false, raw: '' };
        rule.matches.push(extension);
      }
      extension.options.push(option);
      extension.raw = `${extension.raw} ${line.slice(start, end)}`.trimStart();
    }
  }
  return rule.chain === '' ? 'no chain' : rule;
}

/** The chain or target that a rule leads to, found without reading the rest; null for a rule that only counts. */
export function jumpOf(line: string): string | null {
  const unquoted = line.includes('"') ? line.replace(/"(?:[^"\\]|\\.)*"/g, '""') : line;
  return /(?<! --comment) -[jg] (\S+)/.exec(unquoted)?.[1] ?? null;
}
