import { geometryOf } from './geometry.ts';
import type { Action } from './keys.ts';
import { rowAt, seenIn } from './select.ts';
import { current, type Frame, frameAt, type State } from './state.ts';
import { moveInTree, treeOf } from './tree.ts';

/** Whether there is a pane on the left that keys can go to. The lists of the cluster have a use of their own for tab. */
export function hasLeft(state: State): boolean {
  const { kind } = current(state).place;
  return geometryOf(state).left > 0 && state.way.length > 1 && kind !== 'cluster' && kind !== 'find';
}

/** The state after an action in the pane on the left; null: it is none of this pane's. */
export function inLeftPane(state: State, action: Action): State | null {
  const { lines } = geometryOf(state);
  const steps: Partial<Record<Action, number>> = {
    up: -1,
    down: 1,
    pageUp: -lines,
    pageDown: lines,
    first: Number.NEGATIVE_INFINITY,
    last: Number.POSITIVE_INFINITY,
  };
  const step = steps[action];
  if (step !== undefined) return move(state, step);
  if (action === 'follow') return { ...follow(state), inLeft: false };
  return action === 'otherPane' || action === 'back' ? { ...state, inLeft: false } : null;
}

/** In a tree the main pane follows the cursor: its chains are there. Elsewhere only enter goes to another place. */
function move(state: State, by: number): State {
  const before = state.way.at(-2);
  if (before === undefined || inTree(state)) return moveInTree(state, by);
  const { length } = seenIn(state, before, geometryOf(state).main);
  const cursor = Math.min(Math.max(0, length - 1), Math.max(0, (before.cursor ?? 0) + by));
  return { ...state, way: [...state.way.slice(0, -2), { ...before, cursor }, current(state)] };
}

/** The row under the cursor of the left pane leads to the place in the main one. */
function follow(state: State): State {
  const before: Frame | undefined = state.way.at(-2);
  if (before === undefined || inTree(state)) return state;
  const to = rowAt(seenIn(state, before, geometryOf(state).main), before.cursor ?? 0)?.to ?? null;
  return to === null ? state : { ...state, way: [...state.way.slice(0, -1), frameAt(to)] };
}

/** The left pane shows the tree of a table's chains. */
export function inTree(state: State): boolean {
  return 'table' in current(state).place && treeOf(state) !== null;
}
