const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** How long before `now` a time was, as `4 min`; null when it is not known, or later. Both are RFC 3339. */
export function age(since: string | null, now: string): string | null {
  const seconds = Math.floor((Date.parse(now) - Date.parse(since ?? '')) / 1000);
  if (!(seconds >= 0)) return null;
  const [size, unit] = units.find(([each]) => seconds >= each) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}
