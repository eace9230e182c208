import Fraction from 'fraction.js';
import type { TraceStep } from '../model/trace.ts';
import type { PathOutcome, TraceHop } from '../model/trace-report.ts';
import { linkWords, stepTokens, type Token, verdictToken } from './trace-words.ts';

/** What several outcomes have in common: one hop, or a part of it up to where their ways part. */
export interface TraceNode {
  hop: TraceHop | null;
  /** True where the hop begins: its place is named. */
  entered: boolean;
  tokens: Token[];
  share: string;
  next: TraceNode[];
}

interface Way {
  outcome: PathOutcome;
  places: { hop: TraceHop; index: number; token: Token }[];
}

/** The outcomes as a tree: what they share stands once, at its root. */
export function traceTree(outcomes: readonly PathOutcome[]): TraceNode[] {
  return branch(
    outcomes.map(outcome => ({ outcome, places: placesOf(outcome) })),
    0,
    -1,
  );
}

/** The ways' probability taken together: exact, `?` where a part of it is not known. */
export function shareOf(outcomes: readonly { probability: string | null }[]): string {
  let sum = new Fraction(0);
  for (const { probability } of outcomes) {
    if (probability === null) return '?';
    sum = sum.add(new Fraction(probability));
  }
  return sum.toFraction();
}

function placesOf(outcome: PathOutcome): Way['places'] {
  const places = outcome.hops.flatMap((hop, index) => {
    const tokens = stepTokens(hop.steps);
    const link = linkWords(hop);
    if (link !== null) tokens.push({ text: link, meaning: 'plain', steps: noSteps });
    const named = tokens.length > 0 ? tokens : [{ text: '', meaning: 'plain' as const, steps: noSteps }];
    return named.map(token => ({ hop, index, token }));
  });
  const last = outcome.hops.length - 1;
  const [final] = outcome.hops.slice(-1);
  if (final !== undefined) places.push({ hop: final, index: last, token: verdictToken(outcome) });
  return places;
}

const noSteps: readonly TraceStep[] = [];

function branch(ways: readonly Way[], from: number, inside: number): TraceNode[] {
  const groups = Map.groupBy(
    ways.filter(({ places }) => places.length > from),
    way => keyOf(way, from),
  );
  return [...groups.values()].map(group => follow(group, from, inside));
}

/** One line's worth: as long as all go on in the same hop. */
function follow(ways: readonly Way[], from: number, inside: number): TraceNode {
  const [first] = ways as [Way];
  const start = first.places[from];
  const tokens: Token[] = [];
  let at = from;
  for (; at < first.places.length; at++) {
    const place = first.places[at];
    if (place === undefined || place.index !== start?.index) break;
    const key = keyOf(first, at);
    if (ways.some(way => way.places.length <= at || keyOf(way, at) !== key)) break;
    tokens.push(place.token);
  }
  return {
    hop: start?.hop ?? null,
    entered: start?.index !== inside,
    tokens: tokens.filter(({ text }) => text !== ''),
    share: shareOf(ways.map(({ outcome }) => outcome)),
    next: branch(ways, at, start?.index ?? -1),
  };
}

function keyOf({ places }: Way, at: number): string {
  const place = places[at];
  return place === undefined
    ? ''
    : `${place.index} ${place.hop.place} ${place.hop.name} ${place.hop.in} ${place.token.text}`;
}
