import { writeFileSync } from 'node:fs';
import { schemas } from './schemas.ts';

/** `npm run schema`: writes docs/schema/KIND.schema.json for every kind of document that a command prints. */
for (const [kind, schema] of schemas()) {
  writeFileSync(new URL(`${kind}.schema.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
