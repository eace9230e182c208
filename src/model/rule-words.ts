import { addressWords, hex, keyPartWords, operandWords, setWords } from './operand-words.ts';
import type { Expression, KeyPart, Match, NetFamily, NumericField, Operand, Statement, Verdict } from './rules.ts';

/** True for what only lets a rule go on or not. */
export function isMatch(expression: Expression): expression is Match {
  return matchKinds.has(expression.kind as Match['kind']);
}

const matchKinds: ReadonlySet<Match['kind']> = new Set([
  'compare',
  'lookup',
  'ipset',
  'ctState',
  'addrtype',
  'statistic',
  'recent',
  'limit',
  'rpfilter',
  'ipvs',
  'bridged',
  'socket',
  'opaque',
] as const);

/** An expression in words. */
export function expressionWords(expression: Expression, family: NetFamily): string {
  return isMatch(expression) ? matchWords(expression, family) : statementWords(expression as Statement, family);
}

/** What a match asks of the packet, in words. */
export function matchWords(match: Match, family: NetFamily): string {
  switch (match.kind) {
    case 'compare':
      return compareWords(match, family);
    case 'lookup':
      return `${operandWords(match.left, family)} ${not(match)}in ${setWords(match.set, family, match.left)}`;
    case 'ipset':
      return `${match.directions.map(side => ipsetSides[side]).join(' . ')} ${not(match)}in ipset ${match.set}`;
    case 'ctState':
      return `connection ${not(match)}${match.states.join(', ')}`;
    case 'addrtype': {
      const whose = match.address === 'saddr' ? 'source' : 'destination';
      const limit =
        match.limit === null ? '' : match.limit === 'iif' ? ' on the incoming interface' : ' on the outgoing interface';
      return `${whose} ${not(match)}${match.types.join(', ')}${limit}`;
    }
    case 'statistic':
      return chanceWords(match);
    case 'recent':
      return recentWords(match);
    case 'limit':
      return match.raw;
    case 'rpfilter':
      return `reverse path ${match.invert ? 'fails' : 'passes'}${match.loose ? ' (loose)' : ''}`;
    case 'ipvs': {
      const server = [
        match.vproto === null ? '' : keyPartWords(range(match.vproto), { kind: 'field', field: 'l4proto' }, family),
        match.vaddr === null ? '' : keyPartWords(match.vaddr, { kind: 'field', field: 'daddr' }, family),
        match.vport === null ? '' : `port ${match.vport}`,
      ].filter(part => part !== '');
      return `${not(match)}${match.present ? 'of' : 'not of'} IPVS${server.length === 0 ? '' : ` ${server.join(' ')}`}`;
    }
    case 'bridged': {
      const how = {
        in: 'in by a bridge port',
        out: 'out by a bridge port',
        both: 'in and out by bridge ports',
      } as const;
      return `${not(match)}${how[match.direction]}`;
    }
    case 'socket':
      return `${match.negated ? 'no local socket' : 'a local socket'} takes it`;
    case 'opaque':
      return `? ${match.raw}`;
  }
}

/** What a statement does to the packet, in words. */
export function statementWords(statement: Statement, family: NetFamily): string {
  switch (statement.kind) {
    case 'verdict':
      return verdictWords(statement.verdict);
    case 'vmap':
      return `by ${operandWords(statement.key, family)} in ${setWords(statement.map, family, statement.key)}`;
    case 'set':
      return setFieldWords(statement.field, statement.value, family);
    case 'nat':
      return natWords(statement, family);
    case 'natTo':
      return `${natVerbs[statement.nat]} ${operandWords(statement.to, family)}`;
    case 'netmap':
      return `${statement.nat === 'byHook' ? 'NETMAP to' : natVerbs[statement.nat]} network ${addressWords({ kind: 'oneOf', range: statement.network }, family)}`;
    case 'reject':
      return `reject with ${statement.rejectWith}`;
    case 'notrack':
      return 'do not track the connection';
    case 'ctZone':
      return `connection zone ${statement.zone}${statement.direction === null ? '' : ` (${statement.direction})`}`;
    case 'setUpdate':
      return `${statement.op} ${operandWords(statement.key, family)} in @${statement.set}`;
    case 'queue':
      return `to a program: ${statement.raw}`;
    case 'tproxy':
      return `to the local socket ${statement.address === null ? '' : addressWords(value(statement.address), family)}:${statement.port ?? ''}`;
    case 'noop':
      return statement.raw;
    case 'opaqueStatement':
      return `? ${statement.raw}`;
  }
}

const ipsetSides = { src: 'source', dst: 'destination' } as const;
const natVerbs = { dnat: 'DNAT to', snat: 'SNAT to', masquerade: 'masquerade', redirect: 'redirect' } as const;

function not({ negated }: { negated: boolean }): string {
  return negated ? 'not ' : '';
}

function range(number: bigint): KeyPart {
  return { low: number, high: number };
}

function value(number: bigint): Operand {
  return { kind: 'value', value: number };
}

function compareWords({ left, negated, right }: Extract<Match, { kind: 'compare' }>, family: NetFamily): string {
  const values = right.map(part => keyPartWords(part, left, family)).join(', ');
  if (left.kind === 'field' && left.field === 'l4proto') return `${negated ? 'not ' : ''}${values}`;
  return `${operandWords(left, family)} ${negated ? 'not ' : ''}${values}`;
}

function chanceWords({ chance, mode, negated }: Extract<Match, { kind: 'statistic' }>): string {
  const [part = '', whole] = chance.split('/');
  const odds = whole === undefined ? chance : `${part} in ${whole}`;
  return `${negated ? 'not ' : ''}${mode === 'random' ? 'random' : 'in turn'} ${odds}`;
}

function recentWords({ op, list, side, seconds, hits, negated }: Extract<Match, { kind: 'recent' }>): string {
  const who = side === 'saddr' ? 'source' : 'destination';
  if (op === 'set') return `remember the ${who} in list ${list}`;
  if (op === 'remove') return `forget the ${who} in list ${list}`;
  const when = `${seconds === null ? '' : ` within ${seconds} s`}${hits === null ? '' : ` ${hits} times`}`;
  return `${who} ${negated ? 'not ' : ''}seen${when} in list ${list}`;
}

function verdictWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return verdict.kind;
    case 'jump':
      return `→ ${verdict.chain}`;
    case 'goto':
      return `→ ${verdict.chain} (goto)`;
  }
}

/** A mask-and-set, as of a mark, says what happens to the bits: ((mark & and) ^ xor). */
function setFieldWords(field: NumericField, to: Operand, family: NetFamily): string {
  const what = operandWords({ kind: 'field', field }, family);
  if (to.kind === 'value' && typeof to.value === 'bigint')
    return `set ${what} ${keyPartWords(range(to.value), { kind: 'field', field }, family)}`;
  if (to.kind === 'bits' && to.of.kind === 'field' && to.of.field === field && to.shift === 0) {
    const cleared = ~to.and & 0xffffffffn;
    if (cleared === 0n) return `flip ${what} bits ${hex(to.xor)}`;
    if (to.xor === 0n) return `clear ${what} bits ${hex(cleared)}`;
    return `set ${what} ${cleared === to.xor ? `bits ${hex(to.xor)}` : `${hex(to.xor)}/${hex(cleared)}`}`;
  }
  return `set ${what} to ${operandWords(to, family)}`;
}

function natWords({ nat, address, port }: Extract<Statement, { kind: 'nat' }>, family: NetFamily): string {
  const ports = port === null ? '' : port.kind === 'value' ? String(port.value) : operandWords(port, family);
  if (nat === 'masquerade') return `masquerade${ports === '' ? '' : ` with ports ${ports}`}`;
  if (nat === 'redirect') return `redirect to this host${ports === '' ? '' : ` port ${ports}`}`;
  const to = address === null ? '' : addressWords(address, family);
  const bracketed = ports !== '' && to.includes(':') ? `[${to}]` : to;
  return `${natVerbs[nat]} ${bracketed}${ports === '' ? '' : `:${ports}`}`;
}
