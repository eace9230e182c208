import { exitCodes } from '../errors.ts';
import type { Place } from './place.ts';
import type { Ask } from './question.ts';
import { defaultFile, formatOf, savedText } from './save.ts';
import { rowUnderCursor } from './select.ts';
import { current, further, type State } from './state.ts';

/** Asks for the ends of a trace; what is looked at is one of them. */
export function askTrace(state: State): State {
  const { place } = current(state);
  const under = rowUnderCursor(state)?.to ?? null;
  const here = endName(place);
  const there = under === null ? null : endName(under);
  // A pod or node sends; a service is sent to.
  const ends = [here, there].filter(end => end !== null);
  const from = ends.find(end => !end.startsWith('svc/')) ?? '';
  const to = ends.find(end => end !== from) ?? '';
  return { ...state, ask: { what: 'from', text: from, to } };
}

function endName(place: Place): string | null {
  switch (place.kind) {
    case 'pod':
      return `pod/${place.namespace}/${place.name}`;
    case 'service':
      return `svc/${place.namespace}/${place.name}`;
    case 'node':
      return `node/${place.node}`;
    default:
      return null;
  }
}

/** Asks for the file to save what is seen to. */
export function askSave(state: State): State {
  return { ...state, ask: { what: 'save', text: defaultFile(current(state).place) } };
}

/** The state after a key while something is asked. */
export function answer(state: State, ask: Ask, key: string): State {
  if (key === 'ctrl-c') return { ...state, over: exitCodes.interrupted };
  if (key === 'escape') return { ...state, ask: null };
  if (ask.what === 'overwrite')
    return key === 'y' || key === 'Y'
      ? { ...state, ask: null, task: { ...ask.task, overwrite: true } }
      : { ...state, ask: null, told: 'not saved' };
  switch (key) {
    case 'enter':
      return enter(state, ask);
    case 'ctrl-u':
      return { ...state, ask: { ...ask, text: '' } };
    case 'ctrl-w':
      return { ...state, ask: { ...ask, text: ask.text.replace(/[^/.: ]*[/.: ]*$/, '') } };
    case 'backspace':
      return ask.text === '' ? { ...state, ask: null } : withText(state, ask, [...ask.text].slice(0, -1).join(''));
    default:
      return [...key].length === 1 ? withText(state, ask, ask.text + key) : state;
  }
}

function withText(state: State, ask: Ask, text: string): State {
  return { ...state, ask: { ...ask, text } };
}

function enter(state: State, ask: Exclude<Ask, { what: 'overwrite' }>): State {
  const text = ask.text.trim();
  if (text === '') return state;
  switch (ask.what) {
    case 'from':
      return { ...state, ask: { what: 'to', text: ask.to, from: text } };
    case 'to': {
      const place: Place = { kind: 'trace', from: ask.from, to: text, packet: {}, reply: false };
      return { ...state, ask: null, way: further(state.way, place) };
    }
    case 'save': {
      const saved = savedText(state, formatOf(text));
      if ('why' in saved) return { ...state, ask: null, told: `✗ ${saved.why}` };
      return { ...state, ask: null, task: { kind: 'save', file: text, text: saved.text, overwrite: false } };
    }
  }
}
