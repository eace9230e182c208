import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

/** `npm run build [FOLDER]`: the program to be run by Node, in dist/. */
const folder = process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url));
for (const name of (await bundle(folder)).keys())
  console.log(`dist/${name}: ${(statSync(join(folder, name)).size / 1e6).toFixed(2)} MB`);
