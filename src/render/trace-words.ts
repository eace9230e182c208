import type { StepEffect, TraceStep } from '../model/trace.ts';
import type { PathOutcome, TraceHop } from '../model/trace-report.ts';
import type { Meaning } from './layout.ts';

/** A piece of a hop's line, and the steps that it stands for. */
export interface Token {
  text: string;
  meaning: Meaning;
  steps: readonly TraceStep[];
}

/**
 * What happened in a hop, in short: for each step that changes or ends something, the chains that led to it and what it
 * did. Chains that only returned, marks, and accepting rules are left out.
 */
export function stepTokens(steps: readonly TraceStep[]): Token[] {
  const tokens: Token[] = [];
  let stack: TraceStep[] = [];
  let said = new Set<TraceStep>();
  for (const step of steps) {
    const [bottom] = stack;
    if (bottom !== undefined && (bottom.table !== step.table || bottom.hook !== step.hook)) {
      stack = [];
      said = new Set();
    }
    while (stack.length > 0 && ledTo(stack.at(-1)) !== step.chain) stack.pop();
    if (step.effect.kind === 'jump' || step.effect.kind === 'goto') {
      stack.push(step);
      continue;
    }
    const words = step.hook === 'conntrack' ? conntrackWords(step.effect) : effectWords(step);
    if (words === null) continue;
    for (const jump of stack) {
      if (said.has(jump)) continue;
      said.add(jump);
      const chain = ledTo(jump) ?? '';
      tokens.push({ text: jump === stack[0] ? `${jump.table} ${chain}` : chain, meaning: 'name', steps: [jump] });
    }
    const place = stack.length === 0 && step.chain !== null ? `${step.table} ${step.chain} ` : '';
    tokens.push({ ...words, text: place + words.text, steps: [step] });
  }
  return tokens;
}

function ledTo(step: TraceStep | undefined): string | null {
  const effect = step?.effect;
  return effect?.kind === 'jump' || effect?.kind === 'goto' ? effect.chain : null;
}

/** What a step did, in words; null for what is left out of a short line. */
function effectWords({ effect, line }: TraceStep): Omit<Token, 'steps'> | null {
  switch (effect.kind) {
    case 'jump':
    case 'goto':
    case 'set':
    case 'return':
    case 'continue':
    case 'accept':
      return null;
    case 'dnat':
      return { text: `DNAT to ${effect.to}`, meaning: 'plain' };
    case 'snat':
      return { text: `SNAT to ${effect.to}`, meaning: 'plain' };
    case 'masquerade':
      return { text: 'masquerade', meaning: 'plain' };
    case 'notrack':
      return { text: 'not tracked', meaning: 'plain' };
    case 'drop':
      return { text: 'DROP', meaning: 'bad' };
    case 'policy':
      return effect.verdict === 'drop' ? { text: 'policy DROP', meaning: 'bad' } : null;
    case 'reject':
      return { text: 'REJECT', meaning: 'bad' };
    case 'route':
      return routeWords(effect);
    case 'ipvs':
      return { text: `IPVS ${effect.scheduler}${effect.to === null ? '' : ` → ${effect.to}`}`, meaning: 'plain' };
    case 'undecided':
      return {
        text: `? if ${line === null ? 'its rule' : `line ${line}`} ${effect.taken ? 'matches' : 'does not match'}`,
        meaning: 'doubt',
      };
    case 'unknown':
      return { text: `? ${effect.why}`, meaning: 'doubt' };
    default:
      return effect satisfies never;
  }
}

/** conntrack rewrites the packets of a connection that it knows. */
function conntrackWords(effect: StepEffect): Omit<Token, 'steps'> | null {
  if (effect.kind === 'dnat') return { text: `conntrack: to ${portless(effect.to)}`, meaning: 'plain' };
  if (effect.kind === 'snat') return { text: `conntrack: from ${effect.to}`, meaning: 'plain' };
  return { text: 'conntrack: a known connection', meaning: 'plain' };
}

/** An address without the port that is not known. */
function portless(to: string): string {
  return to.replace(/:\?$/, '');
}

/** The way out stands on the hop itself. */
function routeWords(effect: Extract<StepEffect, { kind: 'route' }>): Omit<Token, 'steps'> | null {
  return effect.to === 'none' ? { text: effect.why ?? 'no route', meaning: 'bad' } : null;
}

/** How a hop leads to the next one; null where it ends, or where that is not known. */
export function linkWords({ out, link }: TraceHop): string | null {
  const by = out === null ? '' : `out by ${out}`;
  if (link === null) return by === '' ? null : by;
  switch (link.kind) {
    case 'veth':
      return by === '' ? 'veth' : by;
    case 'bridge':
      return link.bridge === out ? `bridge ${out}` : `${by === '' ? '' : `${by}, `}bridge ${link.bridge}`;
    case 'tunnel':
      return `${link.type} ${link.device} to ${link.remote ?? 'a remote that is not known'}`;
    case 'network':
      return `${by}${link.nextHop === null ? '' : ` to next hop ${link.nextHop}`}`.trim() || null;
    default:
      return link satisfies never;
  }
}

/** How an outcome ends. */
export function verdictToken(outcome: PathOutcome): Token {
  const last = outcome.hops.at(-1);
  const to = portless(outcome.to);
  const here = outcome.end === null || outcome.end.name === last?.name || outcome.end.kind === 'address';
  const text = {
    accept: `✓ ${to} accepted${here ? '' : ` (${outcome.end?.name})`}`,
    drop: `✗ ${to} dropped`,
    reject: `✗ ${to} rejected (${outcome.rejectWith ?? 'not known with what'})`,
    unknown: `? ${to} not known`,
  }[outcome.verdict];
  const meaning = ({ accept: 'good', drop: 'bad', reject: 'bad', unknown: 'doubt' } as const)[outcome.verdict];
  return { text, meaning, steps: [] };
}
