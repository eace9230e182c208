import type { Asked } from '../analyse/trace/asked.ts';
import type { Host } from '../analyse/trace/host.ts';
import { traceFlow } from '../analyse/trace/trace.ts';
import { type Line, lineBatches, longestLine } from '../collect/lines.ts';
import { parsePrefix } from '../model/address.ts';
import { readPacketLine } from '../model/packet.ts';
import type { Outcome, PacketInput, PacketTrace } from '../model/trace.ts';

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
  const tracer = new Tracer(host, evidence);
  for await (const lines of lineBatches(file, signal)) yield answers(tracer, lines);
}

/** An answer, and whom else it is right for. */
interface Kept {
  asked: Asked;
  sourcePort: number | undefined;
  outcomes: Outcome[];
}

/** So many answers are kept: in all, and for packets that differ in their source alone. */
const mostKept = { inAll: 16_384, ofOne: 16 };

/** Traces packets; those that differ from an earlier one in their source alone share its answer, where no rule could tell them apart. */
class Tracer {
  readonly #host: Host;
  readonly #evidence: boolean;
  readonly #kept = new Map<string, Kept[]>();
  #count = 0;

  constructor(host: Host, evidence: boolean) {
    this.#host = host;
    this.#evidence = evidence;
  }

  outcomes(packet: PacketInput): Outcome[] {
    const { source: text, sourcePort, destination, protocol, port, in: from, out, mark, ctState } = packet;
    const { icmpType, icmpCode } = packet;
    const key = [destination, protocol, port, from, out, mark, ctState, icmpType, icmpCode].join(' ');
    const source = parsePrefix(text)?.value;
    const alike = this.#kept.get(key) ?? [];
    for (const kept of alike)
      if (source !== undefined && kept.asked.holdsFor(source, kept.sourcePort === sourcePort)) return kept.outcomes;
    const { outcomes, asked } = traceFlow(this.#host, packet, { evidence: this.#evidence });
    this.#keep(key, { asked, sourcePort, outcomes });
    return outcomes;
  }

  #keep(key: string, kept: Kept): void {
    if (this.#count >= mostKept.inAll) {
      this.#kept.clear();
      this.#count = 0;
    }
    const alike = this.#kept.get(key) ?? [];
    if (alike.length >= mostKept.ofOne) alike.shift();
    else this.#count++;
    alike.push(kept);
    this.#kept.set(key, alike);
  }
}

function* answers(tracer: Tracer, lines: readonly Line[]): Generator<PacketAnswer> {
  for (const { text: line, cut } of lines) {
    if (line.trim() === '') continue;
    if (cut) {
      yield { packet: line.slice(0, shown), error: `the line is longer than ${longestLine} characters`, line };
      continue;
    }
    const { packet, given, error } = readPacketLine(line);
    if (packet === null) yield { packet: given, error, line };
    else yield { packet, outcomes: tracer.outcomes(packet), line: ownWords(packet, given, line) };
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
