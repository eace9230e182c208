import type { Parsed } from './records.ts';

export type JsonObject = { readonly [key: string]: unknown };

/** True for a JSON object (not an array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at `key`, or an empty one. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** The objects of the array at `key`; anything else in it is left out. */
export function objectsAt(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The string at `key`, or null. */
export function stringAt(object: JsonObject, key: string): string | null {
  const value = object[key];
  return typeof value === 'string' ? value : null;
}

/** The strings of the array at `key`. */
export function stringsAt(object: JsonObject, key: string): string[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

/** The number at `key`, or null. */
export function numberAt(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The boolean at `key`, or null. */
export function booleanAt(object: JsonObject, key: string): boolean | null {
  const value = object[key];
  return typeof value === 'boolean' ? value : null;
}

/** Parses text that is one JSON value; what is wrong is said, not thrown. */
export function parseJson(text: string): { value: unknown; problem: null } | { value: null; problem: string } {
  if (text.trim() === '') return { value: null, problem: 'empty' };
  if (nestedTooDeep(text)) return { value: null, problem: `not valid JSON: nested deeper than ${deepest}` };
  try {
    return { value: JSON.parse(text), problem: null };
  } catch (error) {
    return { value: null, problem: `not valid JSON: ${(error as Error).message}` };
  }
}

/** No tool nests so deep; much deeper text overflows the stack of whoever walks it, JSON.stringify included. */
const deepest = 200;

function nestedTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === backslash) at++;
      else if (char === quote) inString = false;
    } else if (char === quote) inString = true;
    else if (char === openBracket || char === openBrace) {
      if (++depth > deepest) return true;
    } else if (char === openBracket + 2 || char === openBrace + 2) depth--;
  }
  return false;
}

const [quote, backslash, openBracket, openBrace] = [0x22, 0x5c, 0x5b, 0x7b];

/**
 * Reads a JSON array of objects (`ip -j`, `bridge -j`), or the items of the array at `key` of one object.
 * `read` gives a record or a string that says why the entry cannot be read. From an array that is cut off, the entries
 * that arrived whole are kept. No output at all is an empty array: older iproute2 prints nothing where it has nothing.
 */
export function parseJsonArray<T extends object>(
  text: string,
  read: (entry: JsonObject) => T | string,
  key?: string,
): Parsed<T> {
  const parsed: Parsed<T> = { records: [], unread: [], problem: null };
  let entries: unknown;
  const { value, problem } = parseJson(text);
  if (text.trim() === '' && key === undefined) return parsed;
  if (problem !== null) {
    const whole = wholeEntries(text, key);
    parsed.problem = `${problem}; ${whole.length} complete ${whole.length === 1 ? 'entry was' : 'entries were'} kept`;
    entries = whole;
  } else {
    entries = key === undefined ? value : isObject(value) ? value[key] : undefined;
  }
  if (!Array.isArray(entries)) {
    parsed.problem = key === undefined ? 'not a JSON array' : `not a JSON object with an array "${key}"`;
    return parsed;
  }
  for (const entry of entries) {
    // iproute2 prints {} for what it filters out.
    if (isObject(entry) && Object.keys(entry).length === 0) continue;
    const result = isObject(entry) ? read(entry) : 'not a JSON object';
    if (typeof result === 'string') parsed.unread.push({ raw: JSON.stringify(entry), line: null, why: result });
    else parsed.records.push(result);
  }
  return parsed;
}

/** The complete objects at the head of an array that is cut off or spoilt further on. Linear in the text. */
function wholeEntries(text: string, key: string | undefined): unknown[] {
  const start = key === undefined ? text.indexOf('[') : text.search(new RegExp(`"${key}"\\s*:\\s*\\[`));
  if (start === -1) return [];
  const entries: unknown[] = [];
  let depth = 0;
  let from = 0;
  let inString = false;
  for (let at = text.indexOf('[', start) + 1; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' && depth++ === 0) from = at;
    else if (char === '}' && --depth === 0) {
      const { value, problem } = parseJson(text.slice(from, at + 1));
      if (problem !== null) return entries;
      entries.push(value);
    } else if (char === ']' && depth === 0) break;
  }
  return entries;
}
