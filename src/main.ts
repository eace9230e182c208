import { constants } from 'node:os';
import { reportDefect, run } from './cli/run.ts';
import { exitCodes } from './errors.ts';

/**
 * The bin: argv in, exit code out. It owns the signals and is the only one to end the process. The first SIGINT, SIGTERM
 * or SIGHUP stops the work in order; the second leaves at once. A reader of stdout that has gone (`| head`) ends the work
 * quietly.
 */
const controller = new AbortController();
/** timeout(1), npm and others send the same signal twice, to us and to our group: no person is so quick. */
const echoMs = 300;
let receivedAt = 0;
let received: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined;

const leftovers: (() => string[])[] = [];

function leave(signal: NodeJS.Signals): never {
  for (const command of leftovers.flatMap(commands => commands()))
    process.stderr.write(`left behind; delete it with: ${command}\n`);
  process.exit(128 + constants.signals[signal]);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (received !== undefined) {
      if (performance.now() - receivedAt > echoMs) leave(signal);
      return;
    }
    received = signal;
    receivedAt = performance.now();
    controller.abort(new Error(signal));
  });
}

let unwritable: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    unwritable ??= error;
    controller.abort(error);
  });
}

/** 0 for a reader that has gone; a full disk or a lost terminal cost part of the answer. */
function exitCodeOfWriting(error: NodeJS.ErrnoException): number {
  if (error.code === 'EPIPE') return 0;
  process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
  return exitCodes.incomplete;
}

let defect: unknown;
process.on('uncaughtException', error => {
  defect ??= error;
  controller.abort(error);
});

const argv = process.argv.slice(2);
const warn = (line: string): void => void process.stderr.write(`${line}\n`);
void run(argv, {
  print: text => new Promise(resolve => process.stdout.write(text, () => resolve())),
  warn,
  onLeave: commands => void leftovers.push(commands),
  // Opened when asked for: few commands read it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: controller.signal,
}).then(code => {
  if (defect !== undefined) process.exit(reportDefect(defect, argv, warn));
  if (received !== undefined) process.exit(128 + constants.signals[received]);
  process.exit(unwritable === undefined ? code : exitCodeOfWriting(unwritable));
});
