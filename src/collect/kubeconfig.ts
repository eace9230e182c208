import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { ClusterError, UsageError } from '../errors.ts';
import type { ConnectionOptions } from './connection.ts';

/** A cluster entry of a kubeconfig; its field names are the file's own. */
export interface ClusterEntry {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
  'proxy-url'?: string;
}

/** A user entry of a kubeconfig; its field names are the file's own. */
export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-groups'?: string[];
  'as-uid'?: string;
  'as-user-extra'?: Record<string, string[]>;
  exec?: unknown;
  'auth-provider'?: unknown;
}

interface ContextEntry {
  cluster?: string;
  user?: string;
  namespace?: string;
}

interface KubeconfigFile {
  'current-context'?: string;
  clusters?: { name: string; cluster?: ClusterEntry }[] | null;
  users?: { name: string; user?: UserEntry }[] | null;
  contexts?: { name: string; context?: ContextEntry }[] | null;
}

/** What kubectl would use: the entries of the chosen context with the flags applied. */
export interface EffectiveConfig {
  context: string | undefined;
  namespace: string;
  userName: string;
  cluster: ClusterEntry;
  user: UserEntry;
}

type Environment = Record<string, string | undefined>;

function configFiles(flag: string | undefined, environment: Environment): string[] {
  if (flag) {
    if (!existsSync(flag))
      throw new UsageError('kubeconfig-not-found', `the kubeconfig ${flag} does not exist`, 'correct --kubeconfig');
    return [flag];
  }
  const named = (environment['KUBECONFIG'] ?? '').split(path.delimiter).filter(Boolean);
  const files = named.length > 0 ? named : [path.join(environment['HOME'] ?? homedir(), '.kube', 'config')];
  return files.filter(file => existsSync(file));
}

function readConfigFile(file: string): KubeconfigFile {
  const unreadable = (why: string) =>
    new ClusterError(
      'kubeconfig-unreadable',
      `the kubeconfig ${file} cannot be read: ${why}`,
      'correct it, or name another with KUBECONFIG or --kubeconfig',
    );
  let content: KubeconfigFile | null;
  try {
    content = parse(readFileSync(file, 'utf8')) as KubeconfigFile | null;
  } catch (error) {
    throw unreadable((error as Error).message);
  }
  if (content === null) return {};
  if (typeof content !== 'object') throw unreadable('it is not a YAML mapping');
  for (const name of ['clusters', 'users', 'contexts'] as const) {
    const list: unknown = content[name] ?? [];
    const entries = Array.isArray(list) && list.every(item => typeof item === 'object' && item !== null);
    if (!entries) throw unreadable(`its ${name} are not a list of entries`);
  }
  return content;
}

/** Paths in a kubeconfig are relative to its own folder. */
function resolvePaths<T extends ClusterEntry | UserEntry>(entry: T, file: string): T {
  const resolved: Record<string, unknown> = { ...entry };
  for (const key of ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']) {
    const value = resolved[key];
    if (typeof value === 'string' && value) resolved[key] = path.resolve(path.dirname(file), value);
  }
  return resolved as T;
}

function defined<T extends object>(overrides: T): Partial<T> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function clusterWithFlags(cluster: ClusterEntry, flags: ConnectionOptions): ClusterEntry {
  const trust = flags.certificateAuthority !== undefined || flags.insecureSkipTlsVerify !== undefined;
  const {
    'certificate-authority': _ca,
    'certificate-authority-data': _data,
    'insecure-skip-tls-verify': _skip,
    ...rest
  } = cluster;
  const base = trust ? rest : cluster;
  const { 'tls-server-name': _name, ...renamed } = base;
  return {
    ...(flags.server === undefined ? base : renamed),
    ...defined({
      server: flags.server,
      'certificate-authority': flags.certificateAuthority,
      'insecure-skip-tls-verify': flags.insecureSkipTlsVerify,
      'tls-server-name': flags.tlsServerName,
    }),
  } as ClusterEntry;
}

function userWithFlags(user: UserEntry, flags: ConnectionOptions): UserEntry {
  const { 'client-certificate-data': _cert, 'client-key-data': _key, ...withoutData } = user;
  const { tokenFile: _file, exec: _exec, 'auth-provider': _provider, ...withoutToken } = user;
  const base = flags.clientCertificate ? withoutData : user;
  return {
    ...(flags.token ? { ...withoutToken, ...(flags.clientCertificate ? withoutData : {}) } : base),
    ...defined({
      'client-certificate': flags.clientCertificate,
      'client-key': flags.clientKey,
      token: flags.token,
      as: flags.as,
      'as-groups': flags.asGroup?.length ? flags.asGroup : undefined,
      'as-uid': flags.asUid,
    }),
  } as UserEntry;
}

function entry<T>(lists: ({ name: string } & T)[][], name: string | undefined): ({ name: string } & T) | undefined {
  for (const list of lists) {
    const found = list.find(item => item.name === name);
    if (found) return found;
  }
  return undefined;
}

/** The names of the entries of one kind in the kubeconfig files. Throws as effectiveConfig does. */
export function kubeconfigNames(
  kind: 'contexts' | 'clusters' | 'users',
  flag: string | undefined,
  environment: Environment = process.env,
): string[] {
  return configFiles(flag, environment).flatMap(file => (readConfigFile(file)[kind] ?? []).map(({ name }) => name));
}

/**
 * Reads the kubeconfig files as kubectl does (client-go tools/clientcmd: `--kubeconfig` alone, else every file of
 * KUBECONFIG, else ~/.kube/config; missing files are skipped; the first file to name an entry wins) and applies the flags.
 * Throws UsageError for a context, cluster or user that is not there, ClusterError for an unreadable file.
 * Gives undefined when nothing names a server: kubectl then tries its in-cluster configuration.
 */
export function effectiveConfig(
  flags: ConnectionOptions,
  environment: Environment = process.env,
): EffectiveConfig | undefined {
  const files = configFiles(flags.kubeconfig, environment).map(file => ({ file, content: readConfigFile(file) }));
  const contexts = files.map(({ content }) => content.contexts ?? []);
  const contextName =
    flags.context ??
    files.map(({ content }) => content['current-context']).find(name => name !== undefined && name !== '');
  const context = entry<{ context?: ContextEntry }>(contexts, contextName)?.context;
  if (contextName !== undefined && context === undefined) {
    const names = [...new Set(contexts.flat().map(item => item.name))];
    throw new UsageError(
      'context-not-found',
      `context "${contextName}" does not exist`,
      names.length > 0 ? `the kubeconfig has: ${names.join(', ')}` : 'the kubeconfig has no context',
    );
  }
  const clusterName = flags.cluster ?? context?.cluster;
  const cluster = entry<{ cluster?: ClusterEntry }>(
    files.map(({ file, content }) =>
      (content.clusters ?? []).map(item => ({ name: item.name, cluster: resolvePaths(item.cluster ?? {}, file) })),
    ),
    clusterName,
  )?.cluster;
  if (flags.cluster !== undefined && !cluster) {
    throw new UsageError(
      'cluster-not-found',
      `cluster "${flags.cluster}" does not exist in the kubeconfig`,
      'see `kubectl config get-clusters`',
    );
  }
  const userName = flags.user ?? context?.user;
  const user = entry<{ user?: UserEntry }>(
    files.map(({ file, content }) =>
      (content.users ?? []).map(item => ({ name: item.name, user: resolvePaths(item.user ?? {}, file) })),
    ),
    userName,
  )?.user;
  if (flags.user !== undefined && !user) {
    throw new UsageError(
      'user-not-found',
      `auth info "${flags.user}" does not exist in the kubeconfig`,
      'see `kubectl config get-users`',
    );
  }
  const effective = clusterWithFlags(cluster ?? {}, flags);
  if (!effective.server) return undefined;
  return {
    context: contextName,
    namespace: flags.namespace ?? context?.namespace ?? 'default',
    userName: userName ?? '',
    cluster: effective,
    user: userWithFlags(user ?? {}, flags),
  };
}

/**
 * Why our own HTTPS client cannot carry this identity or transport as kubectl does (`kubectl proxy` then does);
 * undefined when it can.
 */
export function needsKubectlTransport(
  config: EffectiveConfig | undefined,
  environment: Environment = process.env,
): string | undefined {
  if (!config) return 'in-cluster configuration';
  if (config.user.exec) return 'credential plugin';
  if (config.user['auth-provider']) return 'auth provider';
  if (config.cluster['proxy-url']) return 'proxy-url';
  const server = URL.parse(config.cluster.server ?? '');
  if (server?.protocol !== 'https:') return 'server is not https';
  const proxied = environment['HTTPS_PROXY'] || environment['https_proxy'];
  const loopback = /^(localhost|127\..*|\[::1\])$/.test(server.hostname);
  return proxied && !loopback ? 'HTTPS_PROXY' : undefined;
}
