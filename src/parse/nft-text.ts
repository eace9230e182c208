import { NftScanner } from './nft-blocks.ts';
import { cutOffRule } from './nft-cut-off.ts';
import { readPriority } from './nft-priority.ts';
import type { NftBaseChain, NftRecord, NftRuleBody } from './nft-records.ts';
import { readRule } from './nft-rule.ts';
import { readSetBlock } from './nft-set-block.ts';
import type { Parsed } from './records.ts';

/**
 * Reads the text of `nft list ruleset`, with `-a` or not: tables, chains, sets, maps and other objects; rules and
 * elements only when they are asked for. Lines outside tables are unread. Of a cut-off text the complete items are kept,
 * and the chain in which it ends gets a last rule that cannot be read.
 */
export function parseNftText(text: string): Parsed<NftRecord> {
  return new TextReader(text).read();
}

const managed = /managed by iptables-nft/;
/** What stands in saved files (/etc/nftables.conf) before the tables. */
const noise = /^flush ruleset$/;

class TextReader {
  readonly #scan: NftScanner;
  readonly #parsed: Parsed<NftRecord> = { records: [], unread: [], problem: null };
  #family = '';
  #table = '';

  constructor(text: string) {
    this.#scan = new NftScanner(text);
  }

  read(): Parsed<NftRecord> {
    const scan = this.#scan;
    for (;;) {
      const comment = scan.skipBlank();
      if (scan.done) return this.#parsed;
      const item = scan.item(true);
      const head = /^(?:(?:add|create) )?table (?:(ip|ip6|inet|arp|bridge|netdev) )?(\S+)$/.exec(item.text);
      if (item.end === 'open' && head !== null) {
        this.#readTable(head[1] ?? 'ip', head[2] ?? '', item.line, managed.test(comment ?? ''));
      } else if (item.end === 'open') {
        this.#unread(item.text, item.line, 'a block outside a table');
        if (scan.block() === null) this.#cutOff('a block');
      } else {
        if (scan.here === '}') scan.at++;
        if (!noise.test(item.text)) this.#unread(item.text, item.line, 'outside a table');
      }
    }
  }

  #readTable(family: string, name: string, line: number, warned: boolean): void {
    const scan = this.#scan;
    [this.#family, this.#table] = [family, name];
    const raw = `table ${family} ${name}`;
    const table = { kind: 'table' as const, family, name, raw, line, handle: this.#handle(), dormant: false, warned };
    this.#parsed.records.push(table);
    for (;;) {
      scan.skipBlank();
      if (scan.here === '}') {
        scan.at++;
        return;
      }
      if (scan.done) {
        this.#cutOff(raw);
        return;
      }
      const item = scan.item(true);
      if (item.end === 'open') this.#readBlock(item.text, item.line);
      else if (item.end === 'end') this.#unread(item.text, item.line, 'cut off');
      else if (/^flags /.test(item.text)) table.dormant = /\bdormant\b/.test(item.text);
      else if (!/^comment /.test(item.text)) this.#unread(item.text, item.line, 'not known in a table');
    }
  }

  /** Steps over the opening brace and reads the ` # handle N` behind it. */
  #handle(): number | null {
    this.#scan.at++;
    return this.#handleBehind();
  }

  /** Of the comment on this line. */
  #handleBehind(): number | null {
    handleComment.lastIndex = this.#scan.at;
    const found = handleComment.exec(this.#scan.text);
    return found === null ? null : Number(found[1]);
  }

  #readBlock(head: string, line: number): void {
    const words = /^(ct (?:helper|timeout|expectation)|\S+) (\S+)$/.exec(head);
    const [what = '', name = ''] = words?.slice(1) ?? [];
    if (what === 'chain') this.#readChain(name, line);
    else if (what === 'set' || what === 'map') this.#readSet(what, name, line);
    else this.#readOther(what, name, head, line);
  }

  #readChain(name: string, line: number): void {
    const scan = this.#scan;
    const [family, table] = [this.#family, this.#table];
    const raw = `chain ${family} ${table} ${name}`;
    const chain = {
      kind: 'chain' as const,
      family,
      table,
      name,
      raw,
      line,
      handle: this.#handle(),
      base: null as NftBaseChain | null,
    };
    this.#parsed.records.push(chain);
    for (;;) {
      scan.skipBlank();
      if (scan.here === '}') {
        scan.at++;
        return;
      }
      const { text, line, end } = scan.item(false);
      if (end === 'end') {
        if (text !== '') this.#unread(text, line, 'cut off');
        this.#parsed.records.push(cutOffRule(chain));
        this.#cutOff(raw);
        return;
      }
      const header = /^(type|policy|comment|devices|flags) (.*)$/s.exec(text);
      if (header === null) {
        this.#parsed.records.push(new TextRule(text, line, this.#handleBehind(), family, table, name));
      } else if (header[1] === 'type') chain.base = this.#readBase(text, line, family);
      else if (header[1] === 'policy' && chain.base !== null) chain.base.policy = header[2] ?? '';
    }
  }

  /** `type filter hook input device "lo" priority filter - 5`. */
  #readBase(text: string, line: number, family: string): NftBaseChain | null {
    const found = /^type (\w+) hook (\w+)(?: devices? (?:= )?(.*?))? priority (.*)$/s.exec(text);
    const priority = found === null ? null : readPriority(found[4] ?? '', family);
    if (found === null || priority === null) {
      this.#unread(text, line, 'not the type, hook and priority of a base chain');
      return null;
    }
    const devices = [...(found[3] ?? '').matchAll(/[^\s{},"]+/g)].map(([device]) => device);
    return { type: found[1] ?? '', hook: found[2] ?? '', priority, policy: 'accept', devices };
  }

  #readSet(what: 'set' | 'map', name: string, line: number): void {
    const [family, table] = [this.#family, this.#table];
    this.#scan.at++;
    const handle = this.#handleBehind();
    this.#scan.at--;
    const block = this.#scan.block();
    const inside = block?.inside ?? null;
    const head = `${what} ${family} ${table} ${name}`;
    this.#parsed.records.push({
      kind: 'set',
      family,
      table,
      name,
      handle,
      line,
      raw: head,
      hasElements: inside?.includes('elements =') ?? true,
      read: () => readSetBlock(inside, what === 'map'),
    });
    if (inside === null) this.#cutOff(head);
  }

  #readOther(what: string, name: string, head: string, line: number): void {
    const [family, table] = [this.#family, this.#table];
    this.#scan.at++;
    const handle = this.#handleBehind();
    this.#scan.at--;
    const block = this.#scan.block();
    if (what === '') this.#unread(head, line, 'not known in a table');
    else {
      const over = /^\s*(?:#.*\s+)?(?:rate )?over /.test(block?.inside ?? '');
      this.#parsed.records.push({ kind: 'object', family, table, name, what, handle, line, raw: head, over });
    }
    if (block === null) this.#cutOff(head);
  }

  #unread(raw: string, line: number, why: string): void {
    this.#parsed.unread.push({ raw, line, why });
  }

  #cutOff(where: string): void {
    this.#scan.at = this.#scan.text.length;
    const kept = this.#parsed.records.length;
    this.#parsed.problem ??= `cut off in ${where}; ${kept} complete ${kept === 1 ? 'object was' : 'objects were'} kept`;
  }
}

const handleComment = /[ \t]*#(?:[^\n]* )?handle (\d+)/y;

class TextRule {
  readonly kind = 'rule';
  readonly raw: string;
  readonly line: number;
  readonly handle: number | null;
  readonly family: string;
  readonly table: string;
  readonly chain: string;

  constructor(raw: string, line: number, handle: number | null, family: string, table: string, chain: string) {
    this.raw = raw;
    this.line = line;
    this.handle = handle;
    this.family = family;
    this.table = table;
    this.chain = chain;
  }

  read(): NftRuleBody {
    return readRule(this.raw);
  }
}
