import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../cli/program.ts';
import { looks, nameOf, sizes } from './looks.ts';
import { Terminal } from './terminal.ts';

/** `node test/terminal/record.ts`: keeps what the screen of the demo looks like, for people to read and tests to compare. */
const folder = fileURLToPath(new URL('fixtures/', import.meta.url));
mkdirSync(folder, { recursive: true });
const program = buildProgram();
try {
  for (const look of looks)
    for (const size of sizes) {
      const terminal = new Terminal([program.file, '--from', 'demo'], size);
      try {
        await terminal.until(/▸ node1/);
        terminal.press(look.keys);
        await terminal.until(look.there);
        writeFileSync(`${folder}${nameOf(look, size)}.txt`, `${await terminal.untilStill()}\n`);
      } finally {
        terminal.close();
      }
    }
} finally {
  program.remove();
}
