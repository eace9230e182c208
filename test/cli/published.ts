import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

/** The schema of a kind of document, as published in docs/schema. */
export function publishedSchema(kind: string): object {
  return JSON.parse(readFileSync(new URL(`../../docs/schema/${kind}.schema.json`, import.meta.url), 'utf8'));
}

/** How a document breaks its kind's published schema; null when it does not. Lines of a stream carry no kind. */
export function schemaErrors(document: object, kind = (document as { kind: string }).kind): unknown {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
  const validate = ajv.compile(publishedSchema(kind));
  validate(document);
  return validate.errors;
}
