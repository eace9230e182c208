export interface NftToken {
  kind: 'word' | 'string' | 'sign';
  /** A string is without its quotes. */
  text: string;
  from: number;
  to: number;
}

const token = /\s+|\\\n|#[^\n]*|"([^"]*)"|[!=<>]=|<<|>>|[{}(),;=!<>&|^]|[^\s{}(),;=!<>&|^"]+|"/y;

/** Splits text of nft into words, strings and signs, as nftables src/scanner.l does. Comments are left out. */
export function nftTokens(text: string): NftToken[] {
  const tokens: NftToken[] = [];
  let from = 0;
  while (from < text.length) {
    token.lastIndex = from;
    const found = token.exec(text);
    const to = found === null ? from + 1 : token.lastIndex;
    const part = text.slice(from, to);
    if (found?.[1] !== undefined) tokens.push({ kind: 'string', text: found[1], from, to });
    else if (/^[^\s#\\]/.test(part)) addWord(tokens, part, from, to);
    from = to;
  }
  return tokens;
}

/** `80:` written without a space is a key and the colon behind it. */
function addWord(tokens: NftToken[], part: string, from: number, to: number): void {
  if (/^[{}(),;=!<>&|^"]/.test(part)) tokens.push({ kind: 'sign', text: part, from, to });
  else if (/[^:]:$/.test(part)) {
    tokens.push({ kind: 'word', text: part.slice(0, -1), from, to: to - 1 });
    tokens.push({ kind: 'word', text: ':', from: to - 1, to });
  } else tokens.push({ kind: 'word', text: part, from, to });
}

/** Why a text of nft cannot be read; caught by the reader of the rule or set. */
export class NftSyntaxError extends Error {}

/** Walks over the tokens of one rule, set or other block. */
export class NftCursor {
  readonly text: string;
  readonly #tokens: NftToken[];
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = nftTokens(text);
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The next token, or one further on; undefined past the end. */
  peek(ahead = 0): NftToken | undefined {
    return this.#tokens[this.#at + ahead];
  }

  next(): NftToken {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new NftSyntaxError('it ends too early');
    return token;
  }

  /** True when the next token is this unquoted word or sign. */
  at(...texts: string[]): boolean {
    const token = this.peek();
    return token !== undefined && token.kind !== 'string' && texts.includes(token.text);
  }

  /** Goes on past the next token when it is one of these, and gives it. */
  take(...texts: string[]): string | null {
    return this.at(...texts) ? this.next().text : null;
  }

  expect(text: string): void {
    if (this.take(text) === null) throw new NftSyntaxError(`"${text}" expected, not ${this.shown()}`);
  }

  /** The next word or string. */
  word(): string {
    const token = this.next();
    if (token.kind === 'sign') throw new NftSyntaxError(`a word expected, not "${token.text}"`);
    return token.text;
  }

  number(): number {
    const word = this.word();
    const value = Number(word);
    if (!Number.isSafeInteger(value)) throw new NftSyntaxError(`a number expected, not "${word}"`);
    return value;
  }

  /** Reads the next word in two parts, as `10.0.0.1:80`, the second of which is still to come; null drops it. */
  split(first: string, rest: string): void {
    const { kind, from, to } = this.next();
    const parts = [first, rest].filter(part => part !== '');
    const at = to - rest.length;
    this.#tokens.splice(
      --this.#at,
      1,
      ...parts.map((text, index) => ({ kind, text, from: index === 0 ? from : at, to })),
    );
  }

  /** Where the next token starts in the text. */
  get position(): number {
    return this.peek()?.from ?? this.text.length;
  }

  /** The text from a position up to the next token. */
  since(position: number): string {
    return this.text.slice(position, this.#tokens[this.#at - 1]?.to ?? position);
  }

  /** The text that is left; the cursor is then done. */
  rest(): string {
    const text = this.text.slice(this.position).trim();
    this.#at = this.#tokens.length;
    return text;
  }

  private shown(): string {
    const token = this.peek();
    return token === undefined ? 'the end' : `"${token.text}"`;
  }
}
