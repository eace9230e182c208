import Fraction from 'fraction.js';
import { addressWords, operandWords, setWords } from '../../model/operand-words.ts';
import type { KeyPart, NetFamily, Operand, SetElement, SetRef, Statement, Verdict } from '../../model/rules.ts';
import type { BranchEffect } from '../../model/service-report.ts';
import { lookUp, setOf } from './decide.ts';
import type { Ground } from './packet.ts';

/** One of the ways that a map, a random number or a hash may lead. */
export interface Choice {
  /** null: not known. */
  chance: Fraction | null;
  /** The chance is a random number's. */
  random: boolean;
  /** The map has this very front end. */
  specific: boolean;
  /** What must hold for it, where that depends on the client. */
  when: string[];
}

interface MapChoice extends Choice {
  data: Verdict | readonly KeyPart[] | null;
  why?: string;
}

interface EndpointChoice extends Choice {
  effect: Extract<BranchEffect, { kind: 'endpoint' | 'unknown' }>;
}

const certain = { chance: new Fraction(1), random: false, specific: false, when: [] };

/** The elements that a map may have for the packet. None: the map has nothing for it. */
export function choicesOf(key: Operand, ref: SetRef, ground: Ground): MapChoice[] {
  const set = setOf(ref, ground.scope);
  const { family } = ground.scope;
  if (!set?.elements)
    return [{ ...certain, chance: null, data: null, why: `what is in ${setWords(ref, family)} is not known` }];
  if (key.kind === 'numgen')
    return set.elements.map(element => ({
      ...certain,
      chance: partOf(element, key),
      random: true,
      data: element.data,
    }));
  if (key.kind === 'hash')
    return set.elements.map(element => ({ ...certain, chance: null, random: true, data: element.data }));
  const found = lookUp(key, set, ground.packet);
  if (found !== null) return found.slice(0, 1).map(element => ({ ...certain, specific: true, data: element.data }));
  return set.elements.map(element => ({
    ...certain,
    chance: null,
    when: [`${operandWords(key, family)} ${elementWords(element, key, family)}`],
    data: element.data,
  }));
}

function elementWords(element: SetElement, key: Operand, family: NetFamily): string {
  return setWords({ kind: 'anonymous', set: anonymous([element]) }, family, key);
}

function anonymous(elements: SetElement[]) {
  const source = { file: '', line: null, handle: null, raw: '' };
  return { name: null, type: '', family: null, elements, dynamic: false, source };
}

/** How many of the generator's values an element's key takes. */
export function partOf({ key: [part] }: SetElement, { mod, offset }: Extract<Operand, { kind: 'numgen' }>): Fraction {
  if (part === undefined || 'name' in part) return new Fraction(0);
  const first = BigInt(offset);
  const low = part.low > first ? part.low : first;
  const last = first + BigInt(mod) - 1n;
  const high = part.high < last ? part.high : last;
  return high < low ? new Fraction(0) : new Fraction(Number(high - low) + 1, mod);
}

/** Where a DNAT may lead. */
export function endpointsOf(
  statement: Extract<Statement, { kind: 'nat' | 'natTo' }>,
  ground: Ground,
): EndpointChoice[] {
  const { family } = ground.scope;
  if (statement.kind === 'natTo') {
    if (statement.to.kind === 'map')
      return mapped(statement.to.key, statement.to.map, ground, data => endpoint(data[0], data[1], ground));
    const parts = statement.to.kind === 'concat' ? statement.to.of.map(constant) : [constant(statement.to)];
    return [
      { ...certain, effect: endpoint(parts[0], parts[1], ground) ?? unknown(operandWords(statement.to, family)) },
    ];
  }
  const { address, port } = statement;
  if (address?.kind === 'map')
    return mapped(address.key, address.map, ground, data =>
      endpoint(data[0], port === null ? undefined : constant(port), ground),
    );
  const to = address === null ? single(ground.packet.daddr) : constant(address);
  const words = [
    address === null ? '' : addressWords(address, family),
    port === null ? '' : operandWords(port, family),
  ];
  return [
    {
      ...certain,
      effect: endpoint(to, port === null ? undefined : constant(port), ground) ?? unknown(words.join(':')),
    },
  ];
}

function mapped(
  key: Operand,
  ref: SetRef,
  ground: Ground,
  read: (data: readonly KeyPart[]) => EndpointChoice['effect'] | null,
): EndpointChoice[] {
  return choicesOf(key, ref, ground).map(({ data, why, ...choice }) => {
    const effect = data === null || 'kind' in data ? null : read(data);
    return { ...choice, effect: effect ?? unknown(why ?? setWords(ref, ground.scope.family)) };
  });
}

function unknown(what: string): EndpointChoice['effect'] {
  return { kind: 'unknown', why: `DNAT to ${what}` };
}

function constant(operand: Operand): KeyPart | undefined {
  if (operand.kind === 'oneOf') return operand.range;
  return operand.kind === 'value' && typeof operand.value === 'bigint' ? single(operand.value) : undefined;
}

function single(value: bigint | null): KeyPart | undefined {
  return value === null ? undefined : { low: value, high: value };
}

/** The endpoint of one address and at most one port. */
function endpoint(
  address: KeyPart | undefined,
  port: KeyPart | undefined,
  ground: Ground,
): EndpointChoice['effect'] | null {
  if (address === undefined || 'name' in address || address.low !== address.high) return null;
  if (port !== undefined && ('name' in port || port.low !== port.high)) return null;
  const number = port === undefined ? null : (port as { low: bigint }).low;
  return { kind: 'endpoint', endpoint: ground.name(ground.packet.family, address.low, number) };
}
