/** What a rule of an ingress is matched by. */
interface RuleMatch {
  host: string | null;
  path: string;
  pathType: string;
}

/** True when a host is that of a rule: a wildcard stands for one label (Kubernetes, Ingress, "Hostname wildcards"). */
function hostMatches(rule: string | null, host: string): boolean {
  if (rule === null) return true;
  const [wanted, own] = [rule.toLowerCase(), host.toLowerCase()];
  if (!wanted.startsWith('*.')) return wanted === own;
  return (
    own.endsWith(wanted.slice(1)) && !own.slice(0, -wanted.length + 1).includes('.') && own.length >= wanted.length
  );
}

/** True when a path is that of a rule: Prefix by whole elements; ImplementationSpecific taken as Prefix, as most controllers do. */
function pathMatches({ path: rule, pathType }: RuleMatch, path: string): boolean {
  if (pathType === 'Exact') return path === rule;
  if (pathType === 'default') return true;
  const prefix = rule.replace(/\/+$/, '');
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}

export function takesUrl(rule: RuleMatch, { host, path }: { host: string; path: string }): boolean {
  return hostMatches(rule.host, host) && pathMatches(rule, path);
}

/**
 * Which of two rules that take a URL goes first: the exact host, then the wildcard, then none; the longer path; of equal ones Exact
 * (Kubernetes, Ingress, "Multiple matches"); default backends last.
 */
export function byPrecedence(a: RuleMatch, b: RuleMatch): number {
  const host = ({ host: of }: RuleMatch) => (of === null ? 2 : of.startsWith('*.') ? 1 : 0);
  const last = ({ pathType }: RuleMatch) => (pathType === 'default' ? 1 : 0);
  const exact = ({ pathType }: RuleMatch) => (pathType === 'Exact' ? 0 : 1);
  return (
    last(a) - last(b) ||
    host(a) - host(b) ||
    b.path.replace(/\/+$/, '').length - a.path.replace(/\/+$/, '').length ||
    exact(a) - exact(b)
  );
}
