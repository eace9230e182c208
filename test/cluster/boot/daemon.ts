import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateDir } from '../paths.ts';
import { insideCgroup } from './cgroups.ts';

export const logPath = (name: string): string => join(stateDir, 'log', `${name}.log`);

/** Starts a program in a cgroup and a session of its own, its output in log/NAME.log, and gives its pid; it outlives us. */
export function startDaemon(
  name: string,
  cgroup: string,
  argv: string[],
  env: NodeJS.ProcessEnv = process.env,
): number {
  const [command = '', ...args] = insideCgroup(cgroup, argv);
  mkdirSync(dirname(logPath(name)), { recursive: true });
  const log = openSync(logPath(name), 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log], cwd: stateDir, env });
  child.on('error', () => {}); // a spawn that fails has no pid, and that is thrown below
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  return child.pid;
}
