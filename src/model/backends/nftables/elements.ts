import { isObject } from '../../../parse/json.ts';
import type { KeyPart, RuleSource, SetElement } from '../../rules.ts';
import { anything, type Domain, keyPart } from './domains.ts';
import { lowerVerdict } from './verdicts.ts';

/** The elements of a set or map; null, not known, when one of them cannot be read. `*` comes last. */
export function lowerElements(
  elements: readonly unknown[],
  keys: readonly Domain[],
  data: readonly Domain[] | 'verdict' | null,
  source: RuleSource,
): readonly SetElement[] | null {
  const lowered: SetElement[] = [];
  const others: SetElement[] = [];
  for (const element of elements) {
    const [key, value] = data === null ? [element, null] : Array.isArray(element) ? element : [null, null];
    const bare = withoutDetails(key);
    const parts = keyParts(bare, keys);
    const leads = data === null ? null : data === 'verdict' ? lowerVerdict(value) : keyParts(value, data);
    if (parts === null || (data !== null && leads === null)) return null;
    (bare === '*' ? others : lowered).push({
      key: parts,
      nomatch: false,
      data: leads,
      source: new ElementSource(source, element),
    });
  }
  return others.length === 0 ? lowered : [...lowered, ...others];
}

/** `{"elem": {"val": …, "timeout": …}}` is its value. */
function withoutDetails(key: unknown): unknown {
  return isObject(key) && isObject(key['elem']) ? key['elem']['val'] : key;
}

/** One part for each component; a value that is shorter (an address where a port may follow) has fewer. */
function keyParts(value: unknown, domains: readonly Domain[]): KeyPart[] | null {
  if (value === '*') return domains.map(anything);
  const concat = isObject(value) ? value['concat'] : undefined;
  const components = Array.isArray(concat) ? concat : [value];
  if (components.length > domains.length) return null;
  const parts: KeyPart[] = [];
  for (const [at, component] of components.entries()) {
    const domain = domains[at];
    const part = domain === undefined ? null : keyPart(component, domain);
    if (part === null) return null;
    parts.push(part);
  }
  return parts;
}

/** Where an element stands: in its set or rule. */
class ElementSource implements RuleSource {
  readonly #set: RuleSource;
  readonly #element: unknown;

  constructor(set: RuleSource, element: unknown) {
    this.#set = set;
    this.#element = element;
  }

  get file(): string {
    return this.#set.file;
  }

  get line(): number | null {
    return this.#set.line;
  }

  get handle(): number | null {
    return this.#set.handle;
  }

  get raw(): string {
    return JSON.stringify(this.#element);
  }
}
