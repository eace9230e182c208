/** The report without its evidence, for when nobody asked for it. */
export function withoutEvidence<T>(report: T): T {
  return strip(report) as T;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    // Only reports' own evidence is a list: a sysctl or label of that name is a text.
    if (key !== 'evidence' || !Array.isArray(child)) kept[key] = strip(child);
  }
  return kept;
}
