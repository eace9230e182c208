import { isObject, type JsonObject } from './json.ts';

/** How constants are written beside a selector: marks in hexadecimal, names in quotes, times with units. */
type OneStyle = 'plain' | 'hex' | 'quoted' | 'seconds';

/** Of a concatenation, one for each component. */
export type Style = OneStyle | readonly OneStyle[];

const quotedMeta = ['iif', 'iifname', 'oif', 'oifname', 'hour', 'day', 'time', 'ibrname', 'obrname'];
const unqualifiedMeta = ['iif', 'iifname', 'iifgroup', 'oif', 'oifname', 'oifgroup'];
const operators = ['|', '^', '&', '<<', '>>'];

/** An expression of libnftables-json(5) as nft's text has it; its JSON where that is not known. */
export function printExpression(value: unknown, style: Style = 'plain'): string {
  if (Array.isArray(value)) return value.map(item => printExpression(item, style)).join(',');
  if (typeof value === 'number' && style === 'hex') return `0x${value.toString(16).padStart(8, '0')}`;
  if (typeof value === 'number' && style === 'seconds') return printSeconds(value);
  if (typeof value === 'string' && style === 'quoted' && !/^[@*]/.test(value)) return `"${value}"`;
  if (!isObject(value)) return String(value);
  const [kind = ''] = Object.keys(value);
  const of = value[kind];
  if (Array.isArray(of) && operators.includes(kind)) return printOperation(kind, of);
  if (kind === 'concat' && Array.isArray(of)) {
    return of.map((item, at) => printExpression(item, typeof style === 'string' ? style : style[at])).join(' . ');
  }
  if (kind === 'range' && Array.isArray(of)) return of.map(item => printExpression(item, style)).join('-');
  if (kind === 'set') return printSet(of, style, 'plain');
  if (!isObject(of)) return JSON.stringify(value);
  if (kind === 'prefix') return `${of['addr']}/${of['len']}`;
  if (kind === 'elem') return printElement(of, style);
  if (kind === 'map') return `${printExpression(of['key'])} map ${printMap(of['data'], styleOf(of['key']), style)}`;
  return printSelector(kind, of) ?? JSON.stringify(value);
}

/** How the constants are written that are compared with an expression. */
export function styleOf(left: unknown): Style {
  if (!isObject(left)) return 'plain';
  const [kind = ''] = Object.keys(left);
  const of = left[kind];
  if (operators.includes(kind) && Array.isArray(of)) return styleOf(of[0]);
  if (kind === 'concat' && Array.isArray(of))
    return of.map(part => styleOf(part)).map(style => (typeof style === 'string' ? style : 'plain'));
  const key = isObject(of) ? String(of['key'] ?? of['result']) : '';
  if ((kind === 'meta' || kind === 'ct') && key === 'mark') return 'hex';
  if ((kind === 'meta' && quotedMeta.includes(key)) || (kind === 'osf' && key === 'name')) return 'quoted';
  if (kind === 'ct' && key === 'expiration') return 'seconds';
  return kind === 'fib' && key === 'oifname' ? 'quoted' : 'plain';
}

function printOperation(operator: string, terms: readonly unknown[]): string {
  const style = styleOf(terms[0]);
  const printed = terms.map(term => (Array.isArray(term) ? `(${term.join(' | ')})` : printExpression(term, style)));
  return printed.join(` ${operator} `);
}

function printMap(data: unknown, key: Style, style: Style): string {
  return isObject(data) && 'set' in data ? printSet(data['set'], key, style) : printExpression(data);
}

function printSet(of: unknown, style: Style, data: Style): string {
  const elements = Array.isArray(of) ? of : [of];
  const printed = elements.map(element =>
    Array.isArray(element)
      ? `${printExpression(element[0], style)} : ${printVerdict(element[1]) ?? printExpression(element[1], data)}`
      : printExpression(element, style),
  );
  return `{ ${printed.join(', ')} }`;
}

function printElement(of: JsonObject, style: Style): string {
  const timeout = of['timeout'] === undefined ? '' : ` timeout ${printSeconds(of['timeout'])}`;
  const comment = of['comment'] === undefined ? '' : ` comment "${of['comment']}"`;
  return `${printExpression(of['val'], style)}${timeout}${comment}`;
}

function printSeconds(value: unknown): string {
  if (typeof value !== 'number') return String(value);
  const parts = [
    [Math.floor(value / 86400), 'd'],
    [Math.floor(value / 3600) % 24, 'h'],
    [Math.floor(value / 60) % 60, 'm'],
    [value % 60, 's'],
  ] as const;
  return parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('') || '0s';
}

/** `accept`, `jump CHAIN`; null for anything else. */
export function printVerdict(value: unknown): string | null {
  if (!isObject(value)) return null;
  const [kind = ''] = Object.keys(value);
  const of = value[kind];
  if (of === null && ['accept', 'drop', 'continue', 'return'].includes(kind)) return kind;
  return (kind === 'jump' || kind === 'goto') && isObject(of) ? `${kind} ${of['target']}` : null;
}

function printSelector(kind: string, of: JsonObject): string | null {
  const key = String(of['key']);
  switch (kind) {
    case 'payload':
      if (of['base'] !== undefined) return `@${of['base']},${of['offset']},${of['len']}`;
      return `${of['protocol']} ${of['field']}`;
    case 'meta':
      return unqualifiedMeta.includes(key) ? key : `meta ${key}`;
    case 'ct':
      return words('ct', of['dir'], key);
    case 'fib':
      return `fib ${[of['flags']].flat().join(' . ')} ${of['result']}`;
    case 'rt':
      return words('rt', of['family'], key);
    case 'socket':
      return of['level'] === undefined ? `socket ${key}` : `socket ${key} level ${of['level']}`;
    case 'osf':
      return `osf ${key}`;
    case 'ipsec':
      return words('ipsec', of['dir'], of['spnum'] === 0 ? undefined : `spnum ${of['spnum']}`, of['family'], key);
    case 'exthdr':
      return of['field'] === undefined ? `exthdr ${of['name']}` : `${of['name']} ${of['field']}`;
    case 'tcp option':
    case 'ip option':
    case 'sctp chunk':
      return words(kind, of['name'], of['field']);
    case 'numgen':
      return `numgen ${of['mode']} mod ${of['mod']}${of['offset'] ? ` offset ${of['offset']}` : ''}`;
    case 'jhash':
    case 'symhash':
      return printHash(kind, of);
    default:
      return null;
  }
}

function printHash(kind: string, of: JsonObject): string {
  const seed = typeof of['seed'] === 'number' ? `seed 0x${of['seed'].toString(16)}` : undefined;
  const offset = of['offset'] ? `offset ${of['offset']}` : undefined;
  return words(
    kind,
    of['expr'] === undefined ? undefined : printExpression(of['expr']),
    `mod ${of['mod']}`,
    seed,
    offset,
  );
}

/** The parts that are there, with spaces between. */
export function words(...parts: unknown[]): string {
  return parts.filter(part => part !== undefined && part !== null && part !== '').join(' ');
}
