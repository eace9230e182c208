import { type JsonObject, numberAt, objectsAt, parseJsonArray, stringAt } from './json.ts';
import type { Parsed } from './records.ts';

/** A network namespace as the one where `lsns` ran sees it. */
export interface NetnsRecord {
  raw: string;
  inode: number;
  /** The lowest PID in it; null when it has no process. */
  pid: number | null;
  /** The id that the caller's network namespace has for it (the `link_netnsid` of iproute2); null: unassigned. */
  netnsId: number | null;
  /** The file that it is mounted on; null when none. */
  nsfs: string | null;
}

/**
 * Reads `lsns -t net -J -o NS,PID,NETNSID,NSFS` (util-linux sys-utils/lsns.c): a tree with `children`, numbers
 * as strings in some versions, `unassigned` for a namespace without an id, several mounts of one separated by a newline.
 */
export function parseLsns(text: string): Parsed<NetnsRecord> {
  const trees = parseJsonArray(text, entry => ({ found: flatten(entry) }), 'namespaces');
  const read = trees.records.flatMap(tree => tree.found).map(readNamespace);
  return {
    records: read.filter(record => typeof record === 'object'),
    unread: [
      ...trees.unread,
      ...read.filter(record => typeof record === 'string').map(raw => ({ raw, line: null, why: 'no inode (NS)' })),
    ],
    problem: trees.problem,
  };
}

function flatten(entry: JsonObject): JsonObject[] {
  return [entry, ...objectsAt(entry, 'children').flatMap(flatten)];
}

function readNamespace(entry: JsonObject): NetnsRecord | string {
  const inode = integerAt(entry, 'ns');
  if (inode === null) return JSON.stringify(entry);
  const { children: _, ...own } = entry;
  return {
    get raw() {
      return JSON.stringify(own);
    },
    inode,
    pid: integerAt(entry, 'pid') || null,
    netnsId: integerAt(entry, 'netnsid'),
    nsfs: stringAt(entry, 'nsfs')?.split('\n')[0] ?? null,
  };
}

function integerAt(entry: JsonObject, key: string): number | null {
  const text = stringAt(entry, key);
  return text !== null && /^\d+$/.test(text) ? Number(text) : numberAt(entry, key);
}
