import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { pages } from './pages.ts';

/** `npm run docs`: writes docs/commands/COMMAND.md for every command, and removes the pages of those that are gone. */
const made = pages();
for (const name of readdirSync(new URL('.', import.meta.url)))
  if (name.endsWith('.md') && !made.has(name)) rmSync(new URL(name, import.meta.url));
for (const [name, text] of made) writeFileSync(new URL(name, import.meta.url), text);
