/** Exit codes of the program (docs: README "Exit codes"). */
export const exitCodes = {
  ok: 0,
  badNews: 1,
  usage: 2,
  cluster: 3,
  incomplete: 4,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

/**
 * An error whose message says whose fault it is and whose `next` says what to do.
 * `code` is a stable identifier that tests and JSON output name, e.g. `node-not-found`.
 */
abstract class NetinspectError extends Error {
  abstract readonly exitCode: number;
  readonly code: string;
  readonly next: string | undefined;

  constructor(code: string, message: string, next?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.next = next;
  }
}

/** The command line is wrong: exit code 2. */
export class UsageError extends NetinspectError {
  readonly exitCode = exitCodes.usage;
}

/** The cluster, a permission, kubectl or the connection stands in the way: exit code 3. */
export class ClusterError extends NetinspectError {
  readonly exitCode = exitCodes.cluster;
}

/** The data that we have cannot answer (a truncated stream, a malformed snapshot): exit code 4. */
export class IncompleteError extends NetinspectError {
  readonly exitCode = exitCodes.incomplete;
}

/** A defect of this program: exit code 70. */
export class BugError extends NetinspectError {
  readonly exitCode = exitCodes.bug;
}

/** True for an error that carries its own exit code, message and advice. */
export function isNetinspectError(error: unknown): error is NetinspectError {
  return error instanceof NetinspectError;
}
