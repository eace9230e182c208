import type { Command } from './command.ts';

import { access } from './commands/access.ts';
import { capture } from './commands/capture.ts';
import { chains } from './commands/chains.ts';
import { cleanup } from './commands/cleanup.ts';
import { completion } from './commands/completion.ts';
import { config } from './commands/config.ts';
import { conntrack } from './commands/conntrack.ts';
import { debug } from './commands/debug.ts';
import { dns } from './commands/dns.ts';
import { env } from './commands/env.ts';
import { exec } from './commands/exec.ts';
import { ingress } from './commands/ingress.ts';
import { node } from './commands/node.ts';
import { options } from './commands/options.ts';
import { path } from './commands/path.ts';
import { pod } from './commands/pod.ts';
import { probe } from './commands/probe.ts';
import { service } from './commands/service.ts';
import { snapshot } from './commands/snapshot.ts';
import { sysctl } from './commands/sysctl.ts';
import { trace } from './commands/trace.ts';
import { version } from './commands/version.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  pod,
  service,
  node,
  chains,
  trace,
  path,
  ingress,
  conntrack,
  dns,
  probe,
  capture,
  exec,
  debug,
  sysctl,
  env,
  access,
  snapshot,
  cleanup,
  completion,
  config,
  options,
  version,
];
