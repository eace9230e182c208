import { UsageError } from '../errors.ts';
import type { Flags } from './flags.ts';
import type { Settings } from './settings.ts';

/** The values of a command's flags: given ones, else the environment's, else the configuration file's, else the initial ones. */
export class FlagValues {
  readonly #given: ReadonlyMap<string, string[]>;
  readonly #flags: Flags;
  readonly #env: NodeJS.ProcessEnv;
  /** What the configuration file says. */
  readonly settings: Settings | undefined;

  constructor(given: ReadonlyMap<string, string[]>, flags: Flags, env: NodeJS.ProcessEnv, settings?: Settings) {
    this.#given = given;
    this.#flags = flags;
    this.#env = env;
    this.settings = settings;
    for (const [name, flag] of Object.entries(flags)) {
      if (flag.value === undefined && !['true', 'false', undefined].includes(this.get(name)))
        throw new UsageError(
          'bad-flag-value',
          `${this.origin(name)} is ${JSON.stringify(this.get(name))}`,
          'allowed: true, false, 1, 0',
        );
      const values = flag.multiple === true ? this.all(name) : [this.get(name)];
      const value = values.find(each => each !== undefined && flag.choices?.includes(each) === false);
      if (value === undefined) continue;
      throw new UsageError(
        'bad-flag-value',
        `${this.origin(name)} is ${JSON.stringify(value)}`,
        `allowed: ${flag.choices?.join(', ')}`,
      );
    }
  }

  /** The last value that was given, or the default; undefined when there is none. */
  get(name: string): string | undefined {
    const flag = this.#flags[name];
    const text = flag?.env === undefined ? undefined : this.#env[flag.env] || undefined;
    const fromEnvironment = text !== undefined && flag?.value === undefined ? booleanOf(text) : text;
    const fromFile = flag?.env === undefined ? undefined : this.settings?.values.get(name);
    return this.#given.get(name)?.at(-1) ?? fromEnvironment ?? fromFile ?? flag?.initial;
  }

  /** True when the flag stands on the command line. */
  given(name: string): boolean {
    return this.#given.has(name);
  }

  /** Every value of a repeatable flag, in order. */
  all(name: string): string[] {
    return this.#given.get(name) ?? [];
  }

  /** True when a boolean flag is on. */
  on(name: string): boolean {
    return this.get(name) === 'true';
  }

  /** Who gave the value: the command line, a variable, the configuration file, or nobody. */
  source(name: string): 'flag' | 'environment' | 'file' | 'default' {
    const variable = this.#flags[name]?.env;
    if (this.#given.has(name)) return 'flag';
    if (variable === undefined) return 'default';
    if (this.#env[variable]) return 'environment';
    return this.settings?.values.has(name) ? 'file' : 'default';
  }

  /** The same for messages: `--timeout`, `NETINSPECT_TIMEOUT`, or `timeout in FILE`. */
  origin(name: string): string {
    const source = this.source(name);
    if (source === 'environment') return this.#flags[name]?.env ?? name;
    return source === 'file' ? `${name} in ${this.settings?.file}` : `--${name}`;
  }
}

/** Booleans of variables, as Go reads them (strconv.ParseBool): `1`, `t`, `True` …; anything else as it is. */
function booleanOf(text: string): string {
  if (/^(1|t|true)$/i.test(text)) return 'true';
  return /^(0|f|false)$/i.test(text) ? 'false' : text;
}
