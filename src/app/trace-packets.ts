import type { Host } from '../analyse/trace/host.ts';
import { tracePacket } from '../analyse/trace/trace.ts';
import { type Line, lineBatches, longestLine } from '../collect/lines.ts';
import { readPacketLine } from '../model/packet.ts';
import type { PacketInput, PacketTrace } from '../model/trace.ts';

/** The answer to one line. `line`: the packet as JSON text, where it could be read. */
export type PacketAnswer = PacketTrace & { line: string };

/** How much of a line that is too long is given back. */
const shown = 200;

/**
 * Traces the packets of a file, or of stdin for `-`, one JSON object a line: answers in order, in batches as lines arrive.
 * Blank lines are passed over. Throws UsageError when the file cannot be read.
 */
export async function* tracePackets(
  host: Host,
  file: string,
  evidence: boolean,
  signal: AbortSignal,
): AsyncGenerator<Iterable<PacketAnswer>> {
  for await (const lines of lineBatches(file, signal)) yield answers(host, lines, evidence);
}

function* answers(host: Host, lines: readonly Line[], evidence: boolean): Generator<PacketAnswer> {
  for (const { text: line, cut } of lines) {
    if (line.trim() === '') continue;
    if (cut) {
      yield { packet: line.slice(0, shown), error: `the line is longer than ${longestLine} characters`, line };
      continue;
    }
    const { packet, given, error } = readPacketLine(line);
    if (packet === null) yield { packet: given, error, line };
    else yield { packet, outcomes: tracePacket(host, packet, { evidence }), line: ownWords(packet, given, line) };
  }
}

/** The packet as it was given, or as it was understood where that is not in the published form (a null, a protocol's number). */
function ownWords(packet: PacketInput, given: unknown, line: string): string {
  const { protocol, ctState } = given as Record<keyof PacketInput, unknown>;
  const published =
    typeof protocol === 'string' &&
    ctState === packet.ctState &&
    Object.keys(given as object).length === Object.keys(packet).length;
  return published ? line : JSON.stringify(packet);
}
