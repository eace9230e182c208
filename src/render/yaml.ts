import { Document, Scalar, visit } from 'yaml';

/** What a terminal might obey; YAML itself only escapes C0. */
const terminalControls = /[\x7f-\x9f]/g;

/**
 * A document as YAML that readers of YAML 1.1 (kubectl's, for one) and 1.2 understand alike: words such as `yes` are
 * quoted. Lines are not folded. Control characters are escaped.
 */
export function yamlText(value: object): string {
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && node.value.search(terminalControls) >= 0) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({ lineWidth: 0, directives: false });
  return text.replace(terminalControls, character => `\\x${character.charCodeAt(0).toString(16)}`);
}
