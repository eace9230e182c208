import { parseGoDuration } from '../app/duration.ts';
import type { ConnectionOptions, DebugOptions } from '../collect/connection.ts';
import { UsageError } from '../errors.ts';
import type { FlagValues } from './flag-values.ts';

/** An object without the members whose value is undefined (exactOptionalPropertyTypes). */
function present<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

/** kubectl's verbosity, 0 when not given. Throws UsageError when it is no whole number. */
export function verbosity(flags: FlagValues): number {
  const text = flags.get('v') ?? '0';
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new UsageError('bad-flag-value', `-v is ${JSON.stringify(text)}`, 'give a number, such as -v=6');
}

/** kubectl's connection flags as the collecting side takes them. */
export function connectionOptions(flags: FlagValues): ConnectionOptions {
  const groups = flags.all('as-group');
  return present({
    kubeconfig: flags.get('kubeconfig'),
    context: flags.get('context'),
    cluster: flags.get('cluster'),
    user: flags.get('user'),
    namespace: flags.get('namespace'),
    as: flags.get('as'),
    asGroup: groups.length > 0 ? groups : undefined,
    asUid: flags.get('as-uid'),
    token: flags.get('token'),
    server: flags.get('server'),
    certificateAuthority: flags.get('certificate-authority'),
    clientCertificate: flags.get('client-certificate'),
    clientKey: flags.get('client-key'),
    insecureSkipTlsVerify: flags.on('insecure-skip-tls-verify') || undefined,
    tlsServerName: flags.get('tls-server-name'),
    requestTimeout: flags.get('request-timeout'),
    cacheDir: flags.get('cache-dir'),
    verbosity: verbosity(flags),
  }) as ConnectionOptions;
}

/** A flag's duration in milliseconds. Throws UsageError, with the flag or variable named, when malformed or zero. */
export function durationOf(flags: FlagValues, name: string): number | undefined {
  const text = flags.get(name);
  if (text === undefined) return undefined;
  const bad = new UsageError(
    'duration',
    `${flags.origin(name)} is ${JSON.stringify(text)}, not a duration`,
    'write it like 30s, 10m or 1h30m',
  );
  try {
    const ms = parseGoDuration(text);
    if (ms > 0) return ms;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  throw bad;
}

/** The debug pod's flags and environment. Throws UsageError for a malformed duration. */
export function debugOptions(flags: FlagValues): DebugOptions {
  return present({
    image: flags.get('image') ?? flags.get('debug-image'),
    namespace: flags.get('debug-namespace'),
    imagePullPolicy: flags.get('image-pull-policy'),
    timeoutMs: durationOf(flags, 'timeout'),
    keepMs: durationOf(flags, 'keep'),
    via: flags.get('via'),
    sessionMs: durationOf(flags, 'duration'),
  }) as DebugOptions;
}
