import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Perform } from '../../tui/task.ts';

/** Terminals take no more at once (xterm, tmux). */
const mostCopied = 70_000;

/** Does what the screen asks to be done outside of it. */
export function performer(stdout: NodeJS.WriteStream): Perform {
  return async task => {
    switch (task.kind) {
      case 'copy': {
        const bytes = Buffer.from(task.text);
        if (bytes.length > mostCopied) return { words: `✗ too long for the clipboard: ${bytes.length} bytes` };
        // OSC 52: the terminal sets its clipboard, over SSH too, where it allows that.
        stdout.write(`\x1b]52;c;${bytes.toString('base64')}\x07`);
        return { words: `copied: ${task.text.replaceAll('\n', ' ')}` };
      }
      case 'save':
        try {
          await writeFile(task.file, task.text, { flag: task.overwrite ? 'w' : 'wx' });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { exists: true };
          throw error;
        }
        return { words: `saved: ${task.file}` };
      case 'suspend':
        // The whole foreground job, as the terminal would stop it. Where nobody could resume it the kernel lets it go on.
        process.kill(0, 'SIGTSTP');
        await pause(50);
        return { words: '' };
    }
  };
}
