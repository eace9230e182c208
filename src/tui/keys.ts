/** What keys can do. */
export type Action =
  | 'follow'
  | 'back'
  | 'nextList'
  | 'otherPane'
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'first'
  | 'last'
  | 'filter'
  | 'find'
  | 'findChain'
  | 'nodes'
  | 'pods'
  | 'services'
  | 'rule'
  | 'callers'
  | 'raw'
  | 'trace'
  | 'evidence'
  | 'copy'
  | 'save'
  | 'suspend'
  | 'reload'
  | 'watch'
  | 'help'
  | 'quit'
  | 'interrupt';

export interface Binding {
  action: Action;
  /** Names of keys: `enter`, `ctrl-c`, or the character itself. */
  keys: readonly string[];
  /** What it does: in the foot line. */
  short: string;
  /** What it does: in the help. */
  help: string;
}

/** Every key, in the order of the foot line and the help. */
export const bindings: readonly Binding[] = [
  { action: 'follow', keys: ['enter', 'right', 'l'], short: 'follow', help: 'go where the row leads' },
  { action: 'back', keys: ['backspace', 'escape', 'left', 'h'], short: 'back', help: 'go back, or drop the filter' },
  {
    action: 'nextList',
    keys: ['tab'],
    short: 'pods, services',
    help: 'in a list of the cluster: the next one of nodes, pods, services',
  },
  {
    action: 'otherPane',
    keys: ['tab'],
    short: 'pane',
    help: 'elsewhere: to the pane on the left (the tree of chains, or where you came from), and back',
  },
  {
    action: 'filter',
    keys: ['/'],
    short: 'filter',
    help: 'show only rows that have all the words typed, or come near',
  },
  { action: 'find', keys: [':'], short: 'go to', help: 'go to anything by its name or address' },
  { action: 'findChain', keys: ['g'], short: '', help: 'go to a chain of the nodes that were looked at' },
  {
    action: 'rule',
    keys: ['i'],
    short: 'rule',
    help: 'the rule by itself: what it asks, does, and all that it leads to',
  },
  { action: 'callers', keys: ['u'], short: 'who leads here', help: 'the rules that lead to the chain' },
  { action: 'raw', keys: ['r'], short: 'raw', help: 'show the row as the tool printed it' },
  {
    action: 'watch',
    keys: ['w'],
    short: 'watch',
    help: 'look again and again: counters as rates, new (+) and vanished (-) rules; again: stop',
  },
  {
    action: 'trace',
    keys: ['t'],
    short: 'trace',
    help: 'trace a packet from or to what is under the cursor: asks for both ends',
  },
  {
    action: 'evidence',
    keys: ['e'],
    short: 'evidence',
    help: 'show with each fact the command and the lines that it comes from',
  },
  {
    action: 'copy',
    keys: ['y'],
    short: '',
    help: 'copy the row, raw where there is raw text, to the clipboard of the terminal (OSC 52)',
  },
  {
    action: 'save',
    keys: ['o'],
    short: '',
    help: 'save what is seen to a file: text, JSON or Mermaid, by the ending of its name',
  },
  { action: 'reload', keys: ['ctrl-r'], short: 'refresh', help: 'load what is shown here again' },
  { action: 'help', keys: ['?'], short: 'help', help: 'this page' },
  { action: 'quit', keys: ['q'], short: 'quit', help: 'leave' },
  { action: 'nodes', keys: ['1'], short: '', help: 'the nodes' },
  { action: 'pods', keys: ['2'], short: '', help: 'the pods' },
  { action: 'services', keys: ['3'], short: '', help: 'the services' },
  { action: 'up', keys: ['up', 'k'], short: '', help: 'a row up' },
  { action: 'down', keys: ['down', 'j'], short: '', help: 'a row down' },
  { action: 'pageUp', keys: ['pageup', 'ctrl-b'], short: '', help: 'a page up' },
  { action: 'pageDown', keys: ['pagedown', 'ctrl-f', ' '], short: '', help: 'a page down' },
  { action: 'first', keys: ['home'], short: '', help: 'the first row' },
  { action: 'last', keys: ['end', 'G'], short: '', help: 'the last row' },
  { action: 'suspend', keys: ['ctrl-z'], short: '', help: 'stop the program; fg in the shell goes on' },
  { action: 'interrupt', keys: ['ctrl-c'], short: '', help: 'leave at once' },
];

const signs: Record<string, string> = {
  backspace: '⌫',
  escape: 'esc',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'page up',
  pagedown: 'page down',
  ' ': 'space',
};

/** A key as it is shown. */
export function keyName(key: string): string {
  return signs[key] ?? key;
}
