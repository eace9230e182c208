import { isObject, type JsonObject, objectsAt, parseJson, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A CNI network configuration: a list of plugins, or one plugin (`.conf`). */
export interface CniRecord {
  raw: string;
  name: string;
  /** The plugins' types in order; a delegate of flannel stands in none of them. */
  plugins: string[];
}

/** Reads a CNI configuration file (CNI specification, "Network configuration format"; libcni conf.go). */
export function parseCni(text: string): Parsed<CniRecord> {
  const { value, problem } = parseJson(text);
  if (problem !== null) return { records: [], unread: [], problem };
  if (!isObject(value)) return { records: [], unread: [], problem: 'not a JSON object' };
  const plugins: JsonObject[] = 'plugins' in value ? objectsAt(value, 'plugins') : [value];
  const types = plugins.flatMap(plugin => stringAt(plugin, 'type') ?? []);
  if (types.length === 0) return { records: [], unread: [], problem: 'names no plugin (no "type")' };
  return {
    records: [{ raw: text.trim(), name: stringAt(value, 'name') ?? '', plugins: types }],
    unread: [],
    problem: null,
  };
}
