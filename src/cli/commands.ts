import type { Command } from './command.ts';

import { cleanup } from './commands/cleanup.ts';
import { completion } from './commands/completion.ts';
import { node } from './commands/node.ts';
import { options } from './commands/options.ts';
import { pod } from './commands/pod.ts';
import { snapshot } from './commands/snapshot.ts';
import { version } from './commands/version.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [pod, node, snapshot, cleanup, completion, options, version];
