import { NftScanner } from './nft-blocks.ts';
import { readElements } from './nft-expression.ts';
import { readPriority } from './nft-priority.ts';
import type { NftBaseChain, NftChain, NftRecord, NftRule, NftSet, NftSetBody } from './nft-records.ts';
import { readRule } from './nft-rule.ts';
import { readSetBlock } from './nft-set-block.ts';
import { NftCursor, NftSyntaxError } from './nft-tokens.ts';
import type { Parsed } from './records.ts';

const families = 'ip|ip6|inet|arp|bridge|netdev';
const command = new RegExp(
  `^(add|create|insert) (table|chain|rule|set|map|element|counter|quota|limit|flowtable) (?:(${families}) )?(\\S+)(?: (\\S+))?\\s*([\\s\\S]*)$`,
);

/** True for a text of nft commands (`add rule …`), as `nft -f` reads them, rather than of `nft list ruleset`. */
export function isNftCommands(text: string): boolean {
  return (
    /^\s*(add|create|insert) (table|chain|rule|set|map|element) /m.test(text) && !/^\s*table [^{}\n]*\{\s*$/m.test(text)
  );
}

/**
 * Reads nft commands that add (nft(8)): tables, chains, sets, maps, elements and rules become the records that
 * `nft list ruleset` would give. A command that takes something away, or counts on a handle, is unread.
 */
export function parseNftCommands(text: string): Parsed<NftRecord> {
  const reader = new CommandReader();
  const scan = new NftScanner(text);
  for (;;) {
    scan.skipBlank();
    if (scan.done) return reader.finish();
    const item = scan.item(false);
    if (scan.here === '}') scan.at++;
    if (item.text !== '') reader.read(item.text, item.line, item.end === 'end' && /\{[^}]*$/.test(item.text));
  }
}

class CommandReader {
  readonly #parsed: Parsed<NftRecord> = { records: [], unread: [], problem: null };
  readonly #chains = new Map<string, { chain: NftChain; rules: NftRule[] }>();
  readonly #sets = new Map<string, { elements: string[] }>();

  read(raw: string, line: number, cut: boolean): void {
    if (cut) this.#parsed.problem = `cut off in line ${line}`;
    const found = command.exec(raw);
    if (found === null) {
      if (raw !== 'flush ruleset') this.#unread(raw, line, 'not a command that adds to a rule set');
      return;
    }
    const [, verb = '', what = '', family = 'ip', table = '', name = '', rest = ''] = found;
    const place = { family, table, name, raw, line, handle: null };
    if (what === 'table')
      this.#parsed.records.push({
        kind: 'table',
        family,
        name: table,
        raw,
        line,
        handle: null,
        dormant: /\bflags dormant\b/.test(raw),
        warned: false,
      });
    else if (what === 'chain') this.#addChain({ ...place, rest });
    else if (what === 'rule') this.#addRule({ ...place, rest, verb });
    else if (what === 'set' || what === 'map') this.#addSet({ ...place, rest, isMap: what === 'map' });
    else if (what === 'element') this.#addElements({ ...place, rest });
    else
      this.#parsed.records.push({
        kind: 'object',
        family,
        table,
        name,
        what,
        handle: null,
        line,
        raw,
        over: /\bover\b/.test(rest),
      });
  }

  /** The records in the order that a listing has: each chain with its rules. */
  finish(): Parsed<NftRecord> {
    const records = this.#parsed.records.flatMap((record): NftRecord[] =>
      record.kind === 'chain' ? [record, ...(this.#chains.get(keyOf(record))?.rules ?? [])] : [record],
    );
    return { ...this.#parsed, records };
  }

  #addChain({ rest, ...place }: Item): void {
    if (this.#chains.has(keyOf(place))) return;
    const inside = /^\{([\s\S]*)\}$/.exec(rest.trim())?.[1] ?? '';
    const header = /type \w+ hook [^;]*/.exec(inside)?.[0] ?? null;
    const policy = /policy (\w+)/.exec(inside)?.[1] ?? 'accept';
    const base = header === null ? null : baseOf(header.trim(), place.family, policy);
    if (base === 'unread') {
      this.#unread(place.raw, place.line, 'not the type, hook and priority of a base chain');
      return;
    }
    const chain: NftChain = { kind: 'chain', ...place, base };
    this.#chains.set(keyOf(place), { chain, rules: [] });
    this.#parsed.records.push(chain);
  }

  #addRule({ rest, verb, ...place }: Item & { verb: string }): void {
    const { family, table, name: chain, raw, line, handle } = place;
    const held = this.#chains.get(keyOf(place));
    const why =
      held === undefined
        ? `chain ${chain} was not added before`
        : /^(position|handle|index) \d/.test(rest)
          ? 'its place among the rules is not known'
          : null;
    if (held === undefined || why !== null) {
      this.#unread(raw, line, why ?? '');
      return;
    }
    const rule: NftRule = { kind: 'rule', family, table, chain, raw: rest, line, handle, read: () => readRule(rest) };
    if (verb === 'insert') held.rules.unshift(rule);
    else held.rules.push(rule);
  }

  #addSet({ rest, isMap, ...place }: Item & { isMap: boolean }): void {
    const inside = /^\{([\s\S]*)\}$/.exec(rest.trim())?.[1] ?? null;
    const held = { elements: [] as string[] };
    this.#sets.set(keyOf(place), held);
    const set: NftSet = {
      kind: 'set',
      ...place,
      hasElements: true,
      read: () => withElements(readSetBlock(inside, isMap), held.elements),
    };
    this.#parsed.records.push(set);
  }

  #addElements({ rest, ...place }: Item): void {
    const held = this.#sets.get(keyOf(place));
    if (held === undefined) this.#unread(place.raw, place.line, `set ${place.name} was not added before`);
    else held.elements.push(rest);
  }

  #unread(raw: string, line: number, why: string): void {
    this.#parsed.unread.push({ raw, line, why });
  }
}

interface Item {
  family: string;
  table: string;
  name: string;
  raw: string;
  line: number;
  handle: null;
  rest: string;
}

function keyOf({ family, table, name }: { family: string; table: string; name: string }): string {
  return `${family} ${table} ${name}`;
}

function baseOf(header: string, family: string, policy: string): NftBaseChain | 'unread' {
  const found = /^type (\w+) hook (\w+)(?: devices? (?:= )?(.*?))? priority (.*)$/s.exec(header);
  const priority = found === null ? null : readPriority((found[4] ?? '').trim(), family);
  if (found === null || priority === null) return 'unread';
  const devices = [...(found[3] ?? '').matchAll(/[^\s{},"]+/g)].map(([device]) => device);
  return { type: found[1] ?? '', hook: found[2] ?? '', priority, policy, devices };
}

function withElements(body: NftSetBody, texts: readonly string[]): NftSetBody {
  if (body.elements === null) return body;
  try {
    return { ...body, elements: [...body.elements, ...texts.flatMap(text => readElements(new NftCursor(text)))] };
  } catch (error) {
    if (!(error instanceof NftSyntaxError || error instanceof RangeError)) throw error;
    return { ...body, elements: null, problem: error.message };
  }
}
