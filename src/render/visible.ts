/** What a terminal would obey or hide: control and format characters (bidirectional, zero-width), separators, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Makes text safe to print: what a terminal would obey becomes `\xNN` or `\u{NNNN}`. With `lines`, line ends stay and tabs
 * become spaces.
 */
export function visible(text: string, keep: 'nothing' | 'lines' = 'nothing'): string {
  return text.replace(unsafe, character => {
    if (keep === 'lines' && character === '\n') return character;
    if (keep === 'lines' && character === '\t') return '    ';
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16).padStart(2, '0');
    return code < 0x100 ? `\\x${hex}` : `\\u{${hex}}`;
  });
}
