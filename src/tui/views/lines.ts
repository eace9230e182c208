import { stripVTControlCharacters, styleText } from 'node:util';
import { columnsOf, pad, paint } from '../../render/layout.ts';
import { visible } from '../../render/visible.ts';
import { possibleHere } from '../actions.ts';
import { shorten } from '../columns.ts';
import { geometryOf, least } from '../geometry.ts';
import { keyName } from '../keys.ts';
import { inTree } from '../left.ts';
import { dataWords, trouble } from '../live.ts';
import { linesPage, plain } from '../page.ts';
import { placeName } from '../place.ts';
import { askWords } from '../question.ts';
import { rowAt, rowLines, type Seen, seen, seenIn } from '../select.ts';
import { current, type Frame, frameAt, type State } from '../state.ts';
import { type Tree, treeOf } from '../tree.ts';
import { asciiLine } from './ascii.ts';

/** A pane as its lines: the title that stands in its border, and so many lines of text. */
interface PaneLines {
  title: string;
  lines: string[];
  /** Text columns, without the border. */
  width: number;
  active: boolean;
}

/** The whole screen: as many lines as it has rows, none wider than its columns. */
export function screenLines(state: State): string[] {
  const { columns, rows } = state;
  if (columns < least.columns || rows < least.rows)
    return [shorten(`too small: ${least.columns}x${least.rows} at least`, columns)];
  const drawn = panes(state).map(pane => boxed(pane, geometryOf(state).lines, state));
  const body = (drawn[0] ?? []).map((_, row) => drawn.map(box => box[row] ?? '').join(''));
  const lines = [crumbs(state), ...body, ...rawLines(state), foot(state)];
  return state.ascii ? lines.map(line => asciiLine(line)) : lines;
}

/** A pane in its border. */
function boxed({ title, lines, width, active }: PaneLines, height: number, state: State): string[] {
  const edge = (text: string) => (active ? text : styled(text, 'label', state));
  const name = shorten(` ${title} `, width);
  const top = `┌─${name}${'─'.repeat(Math.max(0, width + 1 - columnsOf(name)))}┐`;
  const side = edge('│');
  const body = Array.from({ length: height }, (_, at) => {
    const line = lines[at] ?? '';
    const room = width - columnsOf(stripVTControlCharacters(line));
    const fitting = room < 0 ? shorten(stripVTControlCharacters(line), width) : line;
    return `${side} ${fitting}${' '.repeat(Math.max(0, room < 0 ? width - columnsOf(fitting) : room))} ${side}`;
  });
  return [edge(top), ...body, edge(`└${'─'.repeat(width + 2)}┘`)];
}

/** Where the user is, from the cluster on; the beginning gives way. */
export function crumbs(state: State): string {
  const { columns, way, source } = state;
  const data = dataWords(state);
  const right = shorten([visible(source), data].filter(text => text !== '').join(' · '), Math.floor(columns / 2));
  const names = way.map(({ place }) => visible(placeName(place)));
  const room = columns - columnsOf(right) - 2;
  let left = names.join(' › ');
  for (let from = 1; columnsOf(left) > room && from < names.length; from++)
    left = ['…', ...names.slice(from)].join(' › ');
  return `${styled(pad(shorten(left, room), room + 2), 'title', state)}${styled(right, 'label', state)}`;
}

/** Keys that the foot line names however narrow it is. */
const lasting: ReadonlySet<string> = new Set(['help', 'quit']);

/** What keys can do here, or the filter that is typed. */
export function foot(state: State): string {
  const { filter } = current(state);
  if (state.ask !== null) return endOf(`${askWords(state.ask)}${visible(state.ask.text)}▏`, state.columns);
  const { passing, page, loose } = seen(state);
  const found = passing === null ? '' : `  ${passing.length} of ${page.length}${loose ? ' (near)' : ''}`;
  if (state.typing)
    return shorten(`${current(state).place.kind === 'find' ? ':' : '/'}${filter}▏${found}`, state.columns);
  const kept = filter === '' ? [] : [`/${filter}${found}`];
  const here = possibleHere(state).filter(({ short }) => short !== '');
  const names = (last: boolean) =>
    here
      .filter(({ action }) => lasting.has(action) === last)
      .map(({ keys, short }) => `${keyName(keys[0] ?? '')} ${short}`);
  const end = names(true).join(' · ');
  const bad = trouble(state) ?? (state.told === '' ? null : state.told);
  const start = shorten(
    bad === null ? [...kept, ...names(false)].join(' · ') : visible(bad),
    state.columns - columnsOf(end) - 3,
  );
  return styled(shorten([start, end].filter(text => text !== '').join(' · '), state.columns), 'label', state);
}

/** The last columns of a text: what is typed stays in sight. */
function endOf(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let kept = '';
  for (const character of [...text].reverse()) {
    if (columnsOf(character + kept) > width - 1) break;
    kept = character + kept;
  }
  return `…${kept}`;
}

/** The panes from left to right. */
export function panes(state: State): PaneLines[] {
  const { left, main, lines } = geometryOf(state);
  const before = state.way.at(-2);
  const own = paneOf(state, current(state), seen(state), { width: main, lines, active: !state.inLeft });
  if (left === 0 || before === undefined) return [own];
  const tree = inTree(state) ? treeOf(state) : null;
  if (tree !== null) return [treePane(state, tree, left, lines), own];
  // Laid out as for the main pane and cut: the names that stand first stay whole.
  const beside = seenIn(state, before, main);
  const look = { width: left, lines, active: state.inLeft };
  return [paneOf(state, scrolledTo(before, beside, lines), beside, look), own];
}

function treePane(state: State, { title, rows, cursor }: Tree, width: number, lines: number): PaneLines {
  const page = linesPage(
    title,
    rows.map(({ text }) => plain(text)),
  );
  const frame = { ...frameAt(current(state).place), cursor, top: Math.max(0, cursor - Math.floor(lines / 2)) };
  const view = { page, passing: null, loose: false, length: page.length };
  return paneOf(state, scrolledTo(frame, view, lines), view, { width, lines, active: state.inLeft });
}

/** The screen may be lower than when the frame was left: its cursor stays in sight. */
function scrolledTo(frame: Frame, view: Seen, lines: number): Frame {
  const room = rowLines(view, lines);
  const cursor = Math.min(frame.cursor ?? 0, Math.max(0, view.length - 1));
  return { ...frame, cursor, top: Math.max(cursor - room + 1, Math.min(frame.top, cursor), 0) };
}

function paneOf(
  state: State,
  { cursor, top }: Frame,
  view: Seen,
  { width, lines, active }: { width: number; lines: number; active: boolean },
): PaneLines {
  const shown = view.page.head === null ? [] : [`  ${view.page.head}`];
  for (let at = top; shown.length < lines; at++) {
    const row = rowAt(view, at);
    if (row === undefined) break;
    const here = at === cursor;
    const text = `${here ? '▸ ' : '  '}${row.text}`;
    shown.push(here ? selected(text, width, active) : text);
  }
  if (view.length === 0) shown.push(styled(view.passing === null ? '  nothing' : '  no row has that', 'label', state));
  return { title: position(view, cursor), lines: shown, width, active };
}

function position({ page, length }: Seen, cursor: number | null): string {
  const title = visible(page.title);
  return length > 1 && cursor !== null ? `${title} · ${cursor + 1}/${length}` : title;
}

/** The row under the cursor: reversed over its whole width, whatever colours it has. */
function selected(text: string, width: number, active: boolean): string {
  if (!active) return text;
  const plain = stripVTControlCharacters(text);
  return styleText('inverse', pad(shorten(plain, width), width), { validateStream: false });
}

function styled(text: string, meaning: 'title' | 'label', { colour }: State): string {
  return paint(text, meaning, { width: 0, colour });
}

/** The raw text of the row under the cursor, wrapped to the panel. */
function rawLines(state: State): string[] {
  const { raw } = geometryOf(state);
  if (raw === 0) return [];
  const view = seen(state);
  const { raw: printed, source } = rowAt(view, current(state).cursor ?? 0) ?? { raw: null };
  const text = visible([source ?? '', printed ?? ''].filter(part => part !== '').join(': '), 'nothing');
  const room = Math.max(1, state.columns - 2);
  const wrapped: string[] = [];
  for (let rest = text; rest !== '' && wrapped.length < raw; ) {
    const piece = wrapped.length === raw - 1 ? shorten(rest, room) : beginning(rest, room);
    wrapped.push(`╎ ${piece}`);
    rest = rest.slice(piece.length);
  }
  if (wrapped.length === 0) wrapped.push(styled('╎ no raw text for this row', 'label', state));
  return [...wrapped, ...Array<string>(raw - wrapped.length).fill('')];
}

/** As much of a text as so many columns hold. */
function beginning(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const cut = shorten(text, width + 1).slice(0, -1);
  return cut === '' ? [...text].slice(0, 1).join('') : cut;
}
