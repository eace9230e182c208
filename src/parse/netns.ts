import { type Parsed, parseLines } from './records.ts';

/** A network namespace file and its inode, from the collector's netns.txt (`stat -L -c '%i %n'`). */
export interface NetnsInodeRecord {
  raw: string;
  inode: number;
  /** /proc/PID/ns/net, or a file of /run/netns; /proc/self/ns/net is the node's own. */
  file: string;
}

/** Reads netns.txt: the pod's namespace, then the node's. */
export function parseNetns(text: string): Parsed<NetnsInodeRecord> {
  return parseLines(text, raw => {
    if (raw.trim() === '') return null;
    const match = /^(\d+) (\/.+)$/.exec(raw);
    return match?.[2] === undefined ? 'not "INODE FILE"' : { raw, inode: Number(match[1]), file: match[2] };
  });
}
