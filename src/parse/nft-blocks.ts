/** A position in a text of nft: steps over blanks and comments, items and blocks, and counts lines. */
export class NftScanner {
  readonly text: string;
  at = 0;
  line = 1;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here; '' at the end. */
  get here(): string {
    return this.text.charAt(this.at);
  }

  /** Steps over blanks, line ends, semicolons and comments; gives the last comment. */
  skipBlank(): string | null {
    let comment: string | null = null;
    for (;;) {
      blank.lastIndex = this.at;
      const found = blank.exec(this.text);
      if (found === null) return comment;
      if (found[0].startsWith('#')) comment = found[0];
      this.#advance(blank.lastIndex);
    }
  }

  /**
   * Steps over one item: up to a line's end, a semicolon, a comment or a closing brace outside braces and strings.
   * `open` when it ended at an opening brace that begins a block of its own (asked for by `blocks`); `whole` is false
   * when the text ended first.
   */
  item(blocks: boolean): NftItem {
    const { at: from, line } = this;
    let depth = 0;
    for (;;) {
      plain.lastIndex = this.at;
      plain.exec(this.text);
      this.at = plain.lastIndex;
      const here = this.here;
      if (here === '') return this.#item(from, line, 'end');
      if (here === '"') {
        const end = this.text.indexOf('"', this.at + 1);
        if (end === -1) return this.#cut(from, line);
        this.#advance(end + 1);
      } else if (here === '\\') this.#advance(this.at + 2);
      else if (here === '{') {
        if (blocks) return this.#item(from, line, 'open');
        depth++;
        this.at++;
      } else if (here === '}') {
        if (depth === 0) return this.#item(from, line, 'closed');
        depth--;
        this.at++;
      } else if (depth === 0 && !(here === '#' && !/\s/.test(this.text.charAt(this.at - 1)))) {
        return this.#item(from, line, 'closed');
      } else if (here === '#') this.at = lineEnd(this.text, this.at);
      else this.#advance(this.at + 1);
    }
  }

  /** Steps over a block, from its opening brace to behind its closing one; gives its inside, null when it is cut off. */
  block(): { inside: string; line: number } | null {
    const from = this.at + 1;
    const { line } = this;
    this.at = from;
    for (;;) {
      this.skipBlank();
      if (this.done) return null;
      if (this.here === '}') {
        this.at++;
        return { inside: this.text.slice(from, this.at - 1), line };
      }
      const before = this.at;
      if (this.item(false).end === 'end' && this.done) return null;
      if (this.at === before) this.at++;
    }
  }

  #cut(from: number, line: number): NftItem {
    this.#advance(this.text.length);
    return this.#item(from, line, 'end');
  }

  #item(from: number, line: number, end: NftItem['end']): NftItem {
    return { text: this.text.slice(from, this.at).trim(), line, end };
  }

  #advance(to: number): void {
    for (
      let next = this.text.indexOf('\n', this.at);
      next !== -1 && next < to;
      next = this.text.indexOf('\n', next + 1)
    ) {
      this.line++;
    }
    this.at = Math.min(to, this.text.length);
  }
}

export interface NftItem {
  text: string;
  line: number;
  /** How it ended: whole, at the brace of a block, or with the text. */
  end: 'closed' | 'open' | 'end';
}

const blank = /[\s;]+|#[^\n]*|\\\r?\n/y;
const plain = /[^"\\{}#;\n]*/y;

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
