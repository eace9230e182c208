import type { Host } from '../analyse/trace/host.ts';
import { tracePacket } from '../analyse/trace/trace.ts';
import { type Line, lineBatches, longestLine } from '../collect/lines.ts';
import { readPacketLine } from '../model/packet.ts';
import type { PacketTrace } from '../model/trace.ts';

/** The answer to one line. `line`: the packet's own text, where it could be read. */
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
    yield packet === null
      ? { packet: given, error, line }
      : { packet, outcomes: tracePacket(host, packet, { evidence }), line };
  }
}
