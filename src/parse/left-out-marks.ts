/** How people mark what they cut: `...`, `[SNIP!]`, `<snip>`, `(output omitted)`. */
export const mark = /^#*\s*[[(<{]?\s*(?:\.{3}|…|snip|(?:output |lines? |rest )?(?:truncated|omitted|left out|cut)\b)/i;
/** grep's, between groups of lines. */
export const separator = /^--$/;

/** True for a line that stands for others. */
export function standsForOthers(line: string): boolean {
  return mark.test(line) || separator.test(line);
}
