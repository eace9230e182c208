/** Writes the expected texts of cases.ts anew; look at the difference before you commit it. */
import { writeFileSync } from 'node:fs';
import { drawings } from './cases.ts';

for (const { file, draw } of drawings) writeFileSync(file, draw());
