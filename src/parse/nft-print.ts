import { isObject, type JsonObject } from './json.ts';
import { printExpression, printVerdict, styleOf, words } from './nft-print-expression.ts';

/** A statement of libnftables-json(5) in the words of `nft list ruleset`; as JSON where those are not known. */
export function printStatement(body: JsonObject): string {
  const [kind = ''] = Object.keys(body);
  return printVerdict(body) ?? printers[kind]?.(body[kind], kind) ?? JSON.stringify(body);
}

type Printer = (of: unknown, kind: string) => string | null;

/** A printer of statements with parameters; one that is a name alone is an object of the table. */
function of(print: (of: JsonObject, kind: string) => string): Printer {
  return (value, kind) =>
    isObject(value)
      ? print(value, kind)
      : typeof value === 'string'
        ? `${kind} name "${value}"`
        : value === null
          ? kind
          : null;
}

const printers: Readonly<Record<string, Printer>> = {
  match: of(printMatch),
  vmap: of(({ key, data }) => `${printExpression(key)} vmap ${printExpression(data, styleOf(key))}`),
  mangle: of(({ key, value }) => `${printExpression(key)} set ${printExpression(value, styleOf(key))}`),
  counter: of(({ packets, bytes }) => `counter packets ${packets} bytes ${bytes}`),
  limit: of(printLimit),
  quota: of(({ inv, val, val_unit: unit }) => words('quota', inv === true ? 'over' : undefined, val, unit)),
  'ct count': of(({ inv, val }) => words('ct count', inv === true ? 'over' : undefined, val)),
  'ct helper': value => `ct helper set "${value}"`,
  'ct timeout': value => `ct timeout set "${value}"`,
  'ct expectation': value => `ct expectation set "${value}"`,
  log: of(printLog),
  reject: of(({ type, expr }) => words('reject with', type, expr)),
  dnat: of(printNat),
  snat: of(printNat),
  masquerade: of(printNat),
  redirect: of(printNat),
  tproxy: of(printNat),
  queue: of(({ flags, num }) =>
    words(
      'queue',
      flags === undefined ? undefined : `flags ${[flags].flat().join(',')}`,
      num === undefined ? undefined : `to ${printExpression(num)}`,
    ),
  ),
  notrack: of(() => 'notrack'),
  dup: of(({ addr, dev }) =>
    words('dup to', printName(addr), dev === undefined ? undefined : `device ${printName(dev)}`),
  ),
  fwd: of(({ addr, dev }) =>
    words(
      'fwd to',
      printName(addr ?? dev),
      addr === undefined || dev === undefined ? undefined : `device ${printName(dev)}`,
    ),
  ),
  flow: of(({ op, flowtable }) => `flow ${op} ${flowtable}`),
  set: of(printUpdate),
  map: of(printUpdate),
  synproxy: of(({ mss, wscale, flags }) =>
    words(
      'synproxy',
      mss === undefined ? undefined : `mss ${mss}`,
      wscale === undefined ? undefined : `wscale ${wscale}`,
      flags === undefined ? undefined : [flags].flat().join(' '),
    ),
  ),
  xt: of(({ type, name }) => `xt ${type} "${name}"`),
  reset: value => `reset ${printExpression(value)}`,
};

function printMatch({ op, left, right }: JsonObject): string {
  const operator =
    op === '==' && isFlags(left) && typeof right === 'string' && !right.startsWith('@')
      ? '=='
      : op === '==' || op === 'in'
        ? undefined
        : op;
  const masked = isObject(left) && Array.isArray(left['&']) && Array.isArray(left['&'][1]) ? left['&'] : null;
  if (masked !== null)
    return words(printExpression(masked[0]), operator, `${printExpression(right)} / ${printExpression(masked[1])}`);
  if (typeof right === 'boolean') return words(printExpression(left), operator, right ? 'exists' : 'missing');
  // Bit operations are compared with their operator written out.
  const written = operator ?? (isObject(left) && '&' in left ? '==' : undefined);
  const raw =
    isObject(left) &&
    isObject((left['&'] as unknown[] | undefined)?.[0]) &&
    'base' in ((((left['&'] as unknown[])[0] as JsonObject)['payload'] ?? {}) as object);
  if (raw && Array.isArray(left['&']))
    return words(`${printExpression(left['&'][0])} & ${hex(left['&'][1])}`, written, hex(right));
  return words(printExpression(left), written, printExpression(right, styleOf(left)));
}

function hex(value: unknown): string {
  return typeof value === 'number' ? `0x${value.toString(16)}` : printExpression(value);
}

function isFlags(left: unknown): boolean {
  const { payload, ct } = left as { payload?: { field?: string }; ct?: { key?: string } };
  return payload?.field === 'flags' || ct?.key === 'state' || ct?.key === 'status' || ct?.key === 'label';
}

/** A burst is left out where it is what nft takes by itself: 5 packets. */
function printLimit({ rate, rate_unit: unit, per, burst, burst_unit: burstUnit, inv }: JsonObject): string {
  const over = inv === true ? 'over' : undefined;
  const shown = unit === undefined ? `${rate}/${per}` : `${rate} ${unit}/${per}`;
  const usual = burst === undefined || (unit === undefined ? burst === 5 : burst === 0);
  return words('limit rate', over, shown, usual ? undefined : `burst ${burst} ${burstUnit ?? 'packets'}`);
}

function printLog(log: JsonObject): string {
  const parts = ['prefix', 'level', 'group', 'snaplen', 'queue-threshold'].map(key => {
    if (log[key] === undefined) return undefined;
    return key === 'prefix' ? `prefix "${log[key]}"` : `${key} ${log[key]}`;
  });
  const flags = log['flags'] === undefined ? undefined : `flags ${[log['flags']].flat().join(',')}`;
  return words('log', ...parts, flags);
}

function printNat({ family, addr, port, flags, type_flags: types }: JsonObject, kind: string): string {
  const prefix = types === 'prefix' ? 'prefix' : undefined;
  const to = addr === undefined ? '' : printExpression(addr);
  const shown =
    port === undefined ? to : `${to.includes(':') && !to.includes(' ') ? `[${to}]` : to}:${printExpression(port)}`;
  const listed = [flags ?? []].flat().filter(flag => flag !== 'netmap');
  return words(kind, family, prefix, shown === '' ? undefined : `to ${shown}`, listed.join(','));
}

function printName(value: unknown): string {
  return typeof value === 'string' && !/^[\d.]+$|:/.test(value) ? `"${value}"` : printExpression(value);
}

function printUpdate({ op, elem, data, stmt, set, map }: JsonObject): string {
  const inner = Array.isArray(stmt)
    ? stmt.map(statement => (isObject(statement) ? printStatement(statement) : ''))
    : [];
  const leads = data === undefined ? [] : [':', printExpression(data)];
  return words(op, set ?? map, '{', printExpression(elem), ...inner, ...leads, '}');
}
