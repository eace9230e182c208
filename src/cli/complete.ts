import { type Command, flagsOf } from './command.ts';
import { FlagValues } from './flag-values.ts';
import { commonFlags, connectionFlags, type Flag, type Flags } from './flags.ts';
import { connectionOptions } from './options.ts';
import { readWords } from './words.ts';

type NameKind = 'pods' | 'services' | 'nodes' | 'namespaces';
/** Entries of the kubeconfig. */
type EntryKind = 'contexts' | 'clusters' | 'users';

/** What completes the last word; `files` says that the shell should offer files. */
export interface Completion {
  words: string[];
  files: boolean;
}

/** Looks names up: in the cluster that the flags name, or in the snapshot of --from. */
export type NameSource = (
  kind: NameKind | EntryKind | { chainsOf: string | null },
  flags: FlagValues,
) => Promise<string[]>;

/**
 * Completes a command line, as kubectl asks a plugin to (kubectl_complete-PLUGIN, kubectl pkg/cmd/plugin_completion.go):
 * `words` are the arguments, the last one unfinished.
 */
export async function complete(
  words: readonly string[],
  commands: readonly Command[],
  names: NameSource,
  env: NodeJS.ProcessEnv,
): Promise<Completion> {
  const last = words.at(-1) ?? '';
  const { command, args, given, waiting } = readWords(words.slice(0, -1), commands);
  const flags: Flags = command === undefined ? { ...commonFlags, ...connectionFlags } : flagsOf(command);
  const starting = (candidates: Iterable<string>, before = '') =>
    [...new Set(candidates)].filter(word => word.startsWith(last.slice(before.length))).map(word => before + word);
  const values = new FlagValues(given, flagsWithoutChoices(flags), env);

  const [, inline] = /^--([\w-]+)=/.exec(last) ?? [];
  const asked = waiting ?? inline;
  if (asked !== undefined && flags[asked] !== undefined) {
    const kind = kindsOfFlags[asked];
    const candidates = kind === undefined ? (flags[asked].choices ?? []) : await names(kind, values);
    const before = inline === undefined ? '' : `--${inline}=`;
    return { words: starting(candidates, before), files: flags[asked].value === 'FILE' };
  }
  if (last.startsWith('-')) {
    const long = Object.keys(flags).filter(name => name.length > 1);
    return { words: starting(long.map(name => `--${name}`)), files: false };
  }
  if (command === undefined) return { words: starting(commands.map(({ name }) => name)), files: false };
  if (args.length >= command.maxArgs) return { words: [], files: false };
  if (command.name === 'completion') return { words: starting(command.operands.split('|')), files: false };
  if (command.name === 'snapshot') {
    const kind = /^(pod|node)\//.exec(last)?.[1] as 'pod' | 'node' | undefined;
    if (kind === undefined) return { words: starting(['pod/', 'node/']), files: true };
    return { words: starting(await names(`${kind}s`, values), `${kind}/`), files: false };
  }
  if (command.name === 'chains') {
    const [node = null] = args;
    const nodes = node === null && !values.given('rules') ? await names('nodes', values) : [];
    return { words: starting([...nodes, ...(await names({ chainsOf: node }, values))]), files: false };
  }
  const others = otherEnds[command.name];
  // What follows the pod is a command of its own.
  if (command.name === 'exec' && args.length > 0) return { words: [], files: false };
  if (others !== undefined) {
    const kind = /^(svc|node|pod)\//.exec(last)?.[1];
    const kinds = { svc: 'services', node: 'nodes', pod: 'pods' } as const;
    if (kind !== undefined)
      return { words: starting(await names(kinds[kind as keyof typeof kinds], values), `${kind}/`), files: false };
    return { words: starting([...(await names('pods', values)), ...others]), files: false };
  }
  if (command.name === 'pod' || command.name === 'node' || command.name === 'service')
    return { words: starting(await names(`${command.name}s`, values)), files: false };
  const first = args.length === 0 ? firstNames[command.name] : undefined;
  return { words: first === undefined ? [] : starting(await names(first, values)), files: false };
}

/** What the words of a command may name beside pods. */
const otherEnds: Record<string, string[]> = {
  trace: ['svc/', 'node/', 'internet'],
  path: ['svc/', 'node/', 'internet'],
  conntrack: ['svc/', 'node/'],
  probe: ['svc/', 'node/'],
  capture: ['svc/', 'node/'],
  exec: ['node/'],
  debug: ['node/'],
};

/** What the first word of a command names, where it names one kind. */
const firstNames: Record<string, NameKind> = { dns: 'pods', env: 'pods', sysctl: 'nodes', access: 'nodes' };

/** Flags whose values are names. */
const kindsOfFlags: Record<string, NameKind | EntryKind> = {
  namespace: 'namespaces',
  'debug-namespace': 'namespaces',
  node: 'nodes',
  context: 'contexts',
  cluster: 'clusters',
  user: 'users',
};

function flagsWithoutChoices(flags: Flags): Flags {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { choices: _choices, ...flag }]) => [name, flag as Flag]),
  );
}

/** Names from where the flags say; none when that fails: completion never disturbs the line with an error. */
export const lookUpNames: NameSource = async (kind, flags) => {
  try {
    const { connectionNames, liveNames, savedChains, savedNames } = await import('../app/names.ts');
    if (kind === 'contexts' || kind === 'clusters' || kind === 'users')
      return connectionNames(kind, connectionOptions(flags));
    const from = flags.get('from');
    if (typeof kind === 'object') return from === undefined ? [] : await savedChains(from, kind.chainsOf);
    return from === undefined ? await liveNames(kind, connectionOptions(flags)) : await savedNames(kind, from);
  } catch {
    return [];
  }
};
