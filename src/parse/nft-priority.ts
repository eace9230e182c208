const standard: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const bridge: Readonly<Record<string, number>> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** A priority as nft prints it, `-110`, `dstnat`, `filter - 5` (nft(8), CHAINS); null when it is none. */
export function readPriority(text: string, family: string): number | null {
  const found = /^(-?\d+|[a-z]+)(?:\s*([+-])\s*(\d+))?$/.exec(text.trim());
  const base = found?.[1] ?? '';
  const value = /\d/.test(base) ? Number(base) : (family === 'bridge' ? bridge : standard)[base];
  if (found === null || value === undefined) return null;
  return value + (found[2] === undefined ? 0 : Number(`${found[2]}${found[3]}`));
}
