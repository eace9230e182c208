const maxSuggestions = 3;

/** The names that the user may have meant, nearest first. */
export function nearest(name: string, names: readonly string[]): string[] {
  return names
    .map(candidate => ({ candidate, cost: candidate.startsWith(name) ? 0 : distance(name, candidate) }))
    .filter(({ cost }) => cost <= Math.ceil(name.length / 3))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, maxSuggestions)
    .map(({ candidate }) => candidate);
}

/** The number of single-character edits between two names (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
