/** Writes the expected texts of trace-cases.ts anew; look at the difference before you commit it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProgram } from './program.ts';
import { traceCases, traceWords, withoutFolders } from './trace-cases.ts';

const program = buildProgram();
const folder = mkdtempSync(join(tmpdir(), 'netinspect-trace-'));
try {
  program.netinspect(['snapshot', folder, '--from', 'demo']);
  for (const [name, words] of traceCases) {
    const { stdout, stderr } = program.netinspect(traceWords(words, folder));
    if (stdout === '') throw new Error(stderr);
    writeFileSync(new URL(`fixtures/trace/${name}`, import.meta.url), withoutFolders(stdout, folder));
  }
} finally {
  program.remove();
  rmSync(folder, { recursive: true });
}
