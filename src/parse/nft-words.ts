const address = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*|\d+|0x[0-9a-f]+)$/i;
const duration = /^(?:\d+(?:w|d|h|ms|m|s))+$/;

/** A word of nft's text that stands for a value, as libnftables-json(5) writes it: number, prefix, range or name. */
export function nftWord(word: string): unknown {
  if (/^\d+$/.test(word) || /^0x[0-9a-f]+$/i.test(word)) {
    const value = Number(word);
    return Number.isSafeInteger(value) ? value : word;
  }
  const slash = word.indexOf('/');
  if (slash > 0) {
    const [addr, length] = [word.slice(0, slash), word.slice(slash + 1)];
    return address.test(addr) && /^\d+$/.test(length) ? { prefix: { addr, len: Number(length) } } : word;
  }
  const dash = word.indexOf('-');
  if (dash > 0) {
    const [low, high] = [word.slice(0, dash), word.slice(dash + 1)];
    if ([address, duration].some(form => form.test(low) && form.test(high)))
      return { range: [nftWord(low), nftWord(high)] };
  }
  return word;
}

const seconds: Readonly<Record<string, number>> = { w: 604800, d: 86400, h: 3600, m: 60, s: 1, ms: 0 };

/** Whole seconds of `1h30m`, `58m58s520ms`; null when it is none. */
export function nftSeconds(word: string): number | null {
  if (/^\d+$/.test(word)) return Number(word);
  if (!duration.test(word)) return null;
  return [...word.matchAll(/(\d+)(ms|[wdhms])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (seconds[unit] ?? 0),
    0,
  );
}
