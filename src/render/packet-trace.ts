import type { Outcome, PacketTrace } from '../model/trace.ts';
import { packetWords } from './trace.ts';
import { visible } from './visible.ts';

const terminalControls = /[\x7f-\x9f]/g;

/** A line of `trace --packets … -o json`. `line` is the packet's own JSON text, given back as it is. */
export function packetTraceJson(trace: PacketTrace & { line: string }): string {
  const text =
    'error' in trace
      ? `{"packet":${JSON.stringify(trace.packet)},"error":${JSON.stringify(trace.error)}}`
      : `{"packet":${trace.line},"outcomes":${JSON.stringify(trace.outcomes)}}`;
  return `${text.replace(terminalControls, character => `\\u00${character.charCodeAt(0).toString(16)}`)}\n`;
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
