import { readSnapshot } from '../../src/collect/snapshot-read.ts';
import type { SectionInfo, Snapshot } from '../../src/parse/snapshot.ts';

/** The recorded snapshot of a real cluster (fixtures/record.ts took it, of fixtures/workloads.yaml). */
export const recorded: Snapshot = await readSnapshot(new URL('fixtures/snapshot.tar.gz', import.meta.url).pathname);

/** The text of one of its sections. */
export function section(path: string): string {
  const text = recorded.files.get(path);
  if (text === undefined) throw new Error(`the fixture has no ${path}`);
  return text;
}

/** The snapshot with sections changed: another text, or null for one that is not there. */
export function changed(
  files: Record<string, string | null>,
  info: Record<string, SectionInfo> = {},
  failures: Snapshot['index']['failures'] = [],
): Snapshot {
  const all = new Map(recorded.files);
  for (const [path, text] of Object.entries(files)) {
    if (text === null) all.delete(path);
    else all.set(path, text);
  }
  return { index: { ...recorded.index, sections: { ...recorded.index.sections, ...info }, failures }, files: all };
}

/** The snapshot with an object of a cluster list changed. */
export function edited(list: string, name: string, edit: (object: Editable) => void): Snapshot {
  const path = `cluster/${list}.json`;
  const document = JSON.parse(section(path)) as { items: Editable[] };
  const object = document.items.find(({ metadata }) => metadata.name === name);
  if (object === undefined) throw new Error(`the fixture has no ${name} in ${path}`);
  edit(object);
  return changed({ [path]: JSON.stringify(document) });
}

interface Editable {
  metadata: { name: string; [key: string]: unknown };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  endpoints: Record<string, unknown>[];
}

/** The addresses that the recorded pod has, IPv4 first. */
export function ipsOf(pod: string): [string, string] {
  const { items } = JSON.parse(section('cluster/pods.json')) as {
    items: { metadata: { name: string }; status: { podIPs?: { ip: string }[] } }[];
  };
  const [first, second] = items.find(({ metadata }) => metadata.name === pod)?.status.podIPs ?? [];
  return [first?.ip ?? '', second?.ip ?? ''];
}
