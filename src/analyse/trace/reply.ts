import type { Outcome, PacketInput } from '../../model/trace.ts';
import { Choices } from './context.ts';
import type { Host } from './host.ts';
import { outcomesOf } from './outcomes.ts';
import { startOf } from './packet.ts';
import { type Entry, enter, replyTo, someInterface, tupleOf } from './path-host.ts';
import { routingOf, traceHost } from './trace.ts';

/** What becomes of the replies to a packet in the same network namespace: they come back from where it was sent to. */
export function traceReplies(host: Host, packet: PacketInput, options: { evidence?: boolean }): Outcome[] {
  const choices = new Choices();
  const start = startOf(packet, host, routingOf(host));
  const came = tupleOf(start.state);
  const endings = traceHost(host, start, choices).flatMap(({ state, verdict }) => {
    if (verdict !== 'accept') return [];
    const made = state.route?.to === 'local';
    const entry: Entry = {
      at: made ? 'output' : 'prerouting',
      in: made ? '' : (state.route?.interface ?? someInterface()),
      port: '',
    };
    return enter(host, replyTo(state), entry, choices, { came, left: tupleOf(state) });
  });
  return outcomesOf(endings, options);
}
