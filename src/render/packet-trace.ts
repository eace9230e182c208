import type { Outcome, PacketTrace, TraceStep } from '../model/trace.ts';
import { packetWords } from './trace.ts';
import { visible } from './visible.ts';

/** A line of `trace --packets … -o json`. `line` is the packet's own JSON text, given back as it is. */
export function packetTraceJson(trace: PacketTrace & { line: string }): string {
  if ('error' in trace) return `{"packet":${json(trace.packet)},"error":${json(trace.error)}}\n`;
  let text = outcomesTexts.get(trace.outcomes);
  if (text === undefined) {
    text = trace.outcomes.map(outcomeJson).join(',');
    outcomesTexts.set(trace.outcomes, text);
  }
  return `{"packet":${trace.line},"outcomes":[${text}]}\n`;
}

/** Packets that share their outcomes share the text. */
const outcomesTexts = new WeakMap<Outcome[], string>();

function outcomeJson({ steps, ...outcome }: Outcome): string {
  return `${json(outcome).slice(0, -1)},"steps":[${steps.map(stepJson).join(',')}]}`;
}

const stepTexts = new WeakMap<TraceStep, string>();

/** Packets that meet the same rule share the step. */
function stepJson(step: TraceStep): string {
  let text = stepTexts.get(step);
  if (text === undefined) {
    text = json(step);
    stepTexts.set(step, text);
  }
  return text;
}

const terminalControls = /[\x7f-\x9f]/g;

/** JSON with what some terminals obey escaped as well. */
function json(value: unknown): string {
  return JSON.stringify(value).replace(terminalControls, at => `\\u00${at.charCodeAt(0).toString(16)}`);
}

/** For people: a line an outcome. */
export function packetTraceText(trace: PacketTrace): string {
  if ('error' in trace) {
    const given = typeof trace.packet === 'string' ? trace.packet : JSON.stringify(trace.packet);
    return `${visible(given)}  ✗ ${visible(trace.error)}\n`;
  }
  const { packet, outcomes } = trace;
  return outcomes.map(outcome => `${packetWords(packet)}  ${outcomeWords(outcome)}\n`).join('');
}

function outcomeWords(outcome: Outcome): string {
  const { probability, verdict, rejectWith, dnat, to, snat, unknown } = outcome;
  const parts = [
    `${probability ?? '?'} ${verdict}${rejectWith === null ? '' : ` (${rejectWith})`}`,
    ...(dnat ? [`DNAT to ${to}`] : []),
    ...(snat === null ? [] : [snat === 'masquerade' ? snat : `SNAT to ${snat}`]),
    ...(unknown.length === 0 ? [] : [`not decided: ${unknown.join('; ')}`]),
  ];
  return visible(parts.join(' · '));
}
