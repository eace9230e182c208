import { createHash } from 'node:crypto';
import { IncompleteError, UsageError } from '../errors.ts';
import type { CollectFailure, PodTarget, SectionInfo, Snapshot, SnapshotIndex } from '../parse/snapshot.ts';

/** The checksum of a section, as the index has it. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Makes a snapshot of its files: snapshot.json is optional, so is everything in it. `mtime` is the time of a snapshot
 * that does not say its own. Throws IncompleteError for a malformed index, UsageError for one of another version.
 */
export function readIndex(contents: ReadonlyMap<string, Buffer>, mtime: Date, origin: string): Snapshot {
  const given = parseIndex(contents.get('snapshot.json'), origin);
  const files = new Map(
    [...contents].filter(([path]) => path !== 'snapshot.json').map(([path, bytes]) => [path, bytes.toString('utf8')]),
  );
  const sections: Record<string, SectionInfo> = {};
  const failures: CollectFailure[] = [...(given.failures ?? [])];
  for (const [path, info] of Object.entries(given.sections ?? {})) {
    const content = contents.get(path);
    if (content === undefined) {
      failures.push({
        subject: path,
        code: 'section-missing',
        message: `${path} is listed in snapshot.json but not there`,
      });
      continue;
    }
    const changed = info.sha256 !== undefined && info.sha256 !== sha256(content);
    sections[path] = changed ? { ...info, truncated: true } : info;
  }
  const index: SnapshotIndex = {
    ...given,
    apiVersion: 'netinspect/v1',
    kind: 'Snapshot',
    time: given.time ?? mtime.toISOString(),
    targets: given.targets ?? targetsOf(files.keys()),
    sections,
    failures,
  };
  return { index, files };
}

function parseIndex(bytes: Buffer | undefined, origin: string): Partial<SnapshotIndex> {
  if (bytes === undefined) return {};
  const damaged = (why: string) =>
    new IncompleteError(
      'snapshot-damaged',
      `snapshot.json of ${origin} ${why}`,
      'take a new snapshot, or delete snapshot.json to read the rest without it',
    );
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw damaged(`is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(value)) throw damaged('is not an object');
  const { apiVersion, time, targets, sections, failures } = value;
  if (apiVersion !== undefined && apiVersion !== 'netinspect/v1')
    throw new UsageError(
      'snapshot-version',
      `${origin} has version ${JSON.stringify(apiVersion)}; this program reads netinspect/v1`,
      'use the netinspect that wrote it, or a newer one',
    );
  if (time !== undefined && (typeof time !== 'string' || Number.isNaN(Date.parse(time))))
    throw damaged('has a malformed time');
  if (sections !== undefined && !(isRecord(sections) && Object.values(sections).every(isSection)))
    throw damaged('has malformed sections');
  if (failures !== undefined && !(Array.isArray(failures) && failures.every(isFailure)))
    throw damaged('has malformed failures');
  if (targets !== undefined && !isTargets(targets)) throw damaged('has malformed targets');
  return value as Partial<SnapshotIndex>;
}

type Json = Record<string, unknown>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptional(value: unknown, type: 'string' | 'number' | 'boolean'): boolean {
  return value === undefined || typeof value === type;
}

function isSection(value: unknown): boolean {
  return (
    isRecord(value) &&
    isOptional(value['command'], 'string') &&
    isOptional(value['stderr'], 'string') &&
    isOptional(value['sha256'], 'string') &&
    isOptional(value['exitCode'], 'number') &&
    isOptional(value['durationMs'], 'number') &&
    isOptional(value['truncated'], 'boolean')
  );
}

function isFailure(value: unknown): boolean {
  return isRecord(value) && ['subject', 'code', 'message'].every(name => typeof value[name] === 'string');
}

function isTargets(value: unknown): boolean {
  const isPod = (pod: unknown) =>
    isRecord(pod) && typeof pod['namespace'] === 'string' && typeof pod['name'] === 'string';
  return (
    isRecord(value) &&
    Array.isArray(value['pods']) &&
    value['pods'].every(isPod) &&
    Array.isArray(value['nodes']) &&
    value['nodes'].every(node => typeof node === 'string')
  );
}

/** What a snapshot without an index was taken for: the nodes and pods that have folders. */
function targetsOf(paths: Iterable<string>): { pods: PodTarget[]; nodes: string[] } {
  const nodes = new Set<string>();
  const pods = new Map<string, PodTarget>();
  for (const path of paths) {
    const [, node, pod] = /^nodes\/([^/]+)\/(?:pods\/([^/]+)\/)?/.exec(path) ?? [];
    if (node !== undefined) nodes.add(node);
    const cut = pod?.indexOf('_') ?? -1;
    if (pod !== undefined && cut > 0) pods.set(pod, { namespace: pod.slice(0, cut), name: pod.slice(cut + 1) });
  }
  return { pods: [...pods.values()], nodes: [...nodes] };
}
