import { isObject, type JsonObject, numberAt, parseJson, stringAt, stringsAt } from './json.ts';
import { cutOffRule } from './nft-cut-off.ts';
import { printStatement } from './nft-print.ts';
import type { NftRecord, NftRuleBody, NftSetBody, NftStatement } from './nft-records.ts';
import { typeOf } from './nft-typeof.ts';
import type { Parsed } from './records.ts';

/**
 * Reads `nft -j list ruleset` (libnftables-json(5)) object by object; rules and elements only when they are asked for.
 * Several documents in a row are read as one. From a cut-off document the complete objects are kept, and chains that may
 * have lost rules end in one that cannot be read.
 */
export function parseNftJson(text: string): Parsed<NftRecord> {
  const parsed: Parsed<NftRecord> = { records: [], unread: [], problem: null };
  const head = /"nftables"\s*:\s*\[/g;
  let documents = 0;
  for (let found = head.exec(text); found !== null; found = head.exec(text)) {
    documents++;
    const end = readObjects(text, head.lastIndex, (from, to) => {
      const record = readObject(text, from, to);
      if (typeof record === 'string') parsed.unread.push({ raw: text.slice(from, to), line: null, why: record });
      else if (record !== null) parsed.records.push(record);
    });
    if (end === null) {
      const kept = parsed.records.length;
      parsed.problem = `cut off or not valid JSON; ${kept} complete ${kept === 1 ? 'object was' : 'objects were'} kept`;
      parsed.records.push(...lostRules(parsed.records));
      break;
    }
    head.lastIndex = end;
  }
  if (documents === 0) parsed.problem = 'not a JSON object with an array "nftables"';
  return parsed;
}

const [quote, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5b, 0x5d, 0x7b, 0x7d];

/** Gives each object of the array that `at` is in; where the array ended, or null when it is not whole. */
function readObjects(text: string, at: number, give: (from: number, to: number) => void): number | null {
  let depth = 0;
  let from = 0;
  for (let here = at; here < text.length; here++) {
    switch (text.charCodeAt(here)) {
      case quote:
        here = endOfString(text, here);
        if (here === -1) return null;
        break;
      case openBracket:
      case openBrace:
        if (depth++ === 0) from = here;
        break;
      case closeBracket:
      case closeBrace:
        if (depth === 0) return here + 1;
        if (--depth === 0) give(from, here + 1);
        break;
    }
  }
  return null;
}

function endOfString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  for (; end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

const ruleHead =
  /\{"rule": ?\{"family": ?"(\w+)", ?"table": ?"([^"\\]*)", ?"chain": ?"([^"\\]*)", ?"handle": ?(\d+)[,}]/y;
const setHead =
  /\{"(?:set|map)": ?\{"family": ?"(\w+)", ?"name": ?"([^"\\]*)", ?"table": ?"([^"\\]*)", ?"type": ?(?:"[^"\\]*"|\[[^\]{}]*\]), ?"handle": ?(\d+)[,}]/y;

/** The common heads are taken from the text; only what looks otherwise is parsed at once. */
function readObject(text: string, from: number, to: number): NftRecord | null | string {
  const whole = { text, from, to };
  ruleHead.lastIndex = from;
  const rule = ruleHead.exec(text);
  if (rule !== null) return toRule(whole, rule[1] ?? '', rule[2] ?? '', rule[3] ?? '', Number(rule[4]));
  setHead.lastIndex = from;
  const set = setHead.exec(text);
  if (set !== null) return toSet(whole, set[1] ?? '', set[3] ?? '', set[2] ?? '', Number(set[4]));

  const { value, problem } = parseJson(text.slice(from, to));
  if (problem !== null) return problem;
  if (!isObject(value)) return 'not a JSON object';
  const [kind = ''] = Object.keys(value);
  const object = value[kind];
  if (kind === 'metainfo' || !isObject(object)) return kind === 'metainfo' ? null : 'not an object of nft';
  return readOther(kind, object, whole);
}

interface Span {
  text: string;
  from: number;
  to: number;
}

function readOther(kind: string, object: JsonObject, span: Span): NftRecord | string {
  const family = stringAt(object, 'family');
  const handle = numberAt(object, 'handle');
  const name = stringAt(object, kind === 'rule' ? 'chain' : 'name');
  const table = kind === 'table' ? name : stringAt(object, 'table');
  if (family === null || table === null || name === null) return `a ${kind} without family, table or name`;
  switch (kind) {
    case 'rule':
      return toRule(span, family, table, name, handle);
    case 'set':
    case 'map':
      return toSet(span, family, table, name, handle);
  }
  const place = { family, raw: span.text.slice(span.from, span.to), line: null, handle };
  switch (kind) {
    case 'table':
      // "dorm" is what nft 1.0 prints.
      return {
        kind,
        ...place,
        name,
        dormant: words(object['flags']).some(flag => flag.startsWith('dorm')),
        warned: false,
      };
    case 'chain':
      return { kind, ...place, table, name, base: readBase(object) };
    default:
      return { kind: 'object', ...place, table, name, what: kind, over: object['inv'] === true };
  }
}

function readBase(object: JsonObject) {
  const [type, hook] = [stringAt(object, 'type'), stringAt(object, 'hook')];
  if (type === null || hook === null) return null;
  const [priority, policy] = [numberAt(object, 'prio') ?? 0, stringAt(object, 'policy') ?? 'accept'];
  return { type, hook, priority, policy, devices: words(object['dev']) };
}

/** A word or a list of them. */
function words(value: unknown): string[] {
  return typeof value === 'string' ? [value] : stringsAt({ value }, 'value');
}

function toRule(span: Span, family: string, table: string, chain: string, handle: number | null): NftRecord {
  return new JsonRule(span.text, span.from, span.to, family, table, chain, handle);
}

class JsonRule {
  readonly kind = 'rule';
  readonly line = null;
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number | null;
  readonly #text: string;
  readonly #from: number;
  readonly #to: number;

  constructor(
    t: string,
    from: number,
    to: number,
    family: string,
    table: string,
    chain: string,
    handle: number | null,
  ) {
    this.#text = t;
    this.#from = from;
    this.#to = to;
    this.family = family;
    this.table = table;
    this.chain = chain;
    this.handle = handle;
  }

  get raw(): string {
    return this.#text.slice(this.#from, this.#to);
  }

  read(): NftRuleBody {
    const rule = inner(this.raw, 'rule');
    const list = rule?.['expr'];
    if (rule === null || !Array.isArray(list)) return unreadRule(this.raw, 'a rule without a list "expr"');
    const comment = stringAt(rule, 'comment');
    const statements = list.map(entry => toStatement(entry));
    return { statements, comment, problem: list.every(isObject) ? null : 'an expression that is not an object' };
  }
}

function toStatement(entry: unknown): NftStatement {
  return {
    body: isObject(entry) ? entry : { unread: entry },
    get raw() {
      return isObject(entry) ? printStatement(entry) : JSON.stringify(entry);
    },
  };
}

function unreadRule(raw: string, problem: string): NftRuleBody {
  return { statements: [{ body: { unread: raw }, raw }], comment: null, problem };
}

function toSet(span: Span, family: string, table: string, name: string, handle: number | null): NftRecord {
  return {
    kind: 'set',
    family,
    table,
    name,
    handle,
    line: null,
    get raw() {
      return span.text.slice(span.from, span.to);
    },
    get hasElements() {
      return this.raw.includes('"elem"');
    },
    read(): NftSetBody {
      const set = inner(this.raw, 'set', 'map');
      if (set === null) return { type: [], data: null, flags: [], elements: null, problem: 'not valid JSON' };
      const data = set['map'] === undefined ? null : typeWords(set['map']);
      const elements = Array.isArray(set['elem']) ? set['elem'] : [];
      return { type: typeWords(set['type']), data, flags: words(set['flags']), elements, problem: null };
    },
  };
}

/** A type is a word, a list of words, words with dots between, or, by newer nft, `typeof` an expression. */
function typeWords(value: unknown): string[] {
  if (isObject(value) && isObject(value['typeof'])) {
    const { concat } = value['typeof'];
    return (Array.isArray(concat) ? concat : [value['typeof']]).map(typeOf);
  }
  return words(value).flatMap(word => word.split(/ ?\. ?/));
}

function inner(raw: string, ...kinds: string[]): JsonObject | null {
  const { value } = parseJson(raw);
  if (!isObject(value)) return null;
  const object = kinds.map(kind => value[kind]).find(isObject);
  return object ?? null;
}

/** nft lists a table's chains, then the rules of each in that order: those from the last rule's chain on may have lost some. */
function lostRules(records: readonly NftRecord[]): NftRecord[] {
  const last = records.at(-1);
  if (last === undefined) return [];
  const table = last.kind === 'table' ? last.name : last.table;
  const chains = records.filter(
    record => record.kind === 'chain' && record.family === last.family && record.table === table,
  );
  const from =
    last.kind === 'rule' ? chains.findIndex(chain => chain.kind === 'chain' && chain.name === last.chain) : 0;
  return chains.slice(Math.max(from, 0)).flatMap(chain => (chain.kind === 'chain' ? [cutOffRule(chain)] : []));
}
