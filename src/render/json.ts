/**
 * A document as JSON, indented as kubectl does. C1 control characters and DEL are escaped as well, which JSON does not
 * ask for: some terminals obey them.
 */
export function jsonText(document: object): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(document, null, 4).replace(/[\x7f-\x9f]/g, escaped)}\n`;
}
