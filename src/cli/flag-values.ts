import { UsageError } from '../errors.ts';
import type { Flags } from './flags.ts';

/** The values of a command's flags: given ones, else the environment's, else the initial ones. */
export class FlagValues {
  readonly #given: ReadonlyMap<string, string[]>;
  readonly #flags: Flags;
  readonly #env: NodeJS.ProcessEnv;

  constructor(given: ReadonlyMap<string, string[]>, flags: Flags, env: NodeJS.ProcessEnv) {
    this.#given = given;
    this.#flags = flags;
    this.#env = env;
    for (const [name, flag] of Object.entries(flags)) {
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
    const fromEnvironment = flag?.env === undefined ? undefined : this.#env[flag.env] || undefined;
    return this.#given.get(name)?.at(-1) ?? fromEnvironment ?? flag?.initial;
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

  /** Who gave the value, for messages: `--timeout` or `NETINSPECT_TIMEOUT`. */
  origin(name: string): string {
    const variable = this.#flags[name]?.env;
    return variable !== undefined && !this.#given.has(name) && this.#env[variable] ? variable : `--${name}`;
  }
}
