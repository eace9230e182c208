import { isBridge, masterOf } from './bridge.ts';
import type { Context } from './context.ts';
import { type Decision, either, undecided } from './decision.ts';
import type { State } from './state.ts';
import { isOneOf, read } from './values.ts';

/** Whether a packet passes one of the devices of an ingress or egress chain (nft(8), netdev address family). */
export function passesDevice(
  context: Context,
  state: State,
  hook: 'ingress' | 'egress',
  devices: readonly string[],
): Decision {
  const [own, port] = hook === 'ingress' ? (['iifname', 'physin'] as const) : (['oifname', 'physout'] as const);
  let decision: Decision = false;
  for (const device of devices) {
    const wanted = [{ name: device, prefix: false }];
    const is = (way: State, field: typeof own | typeof port) =>
      isOneOf(context, way, read(way, { kind: 'interface', field }) ?? null, wanted, () => `${hook} of ${device}`);
    decision = either(state, decision, way => {
      // Which port of a bridge a routed packet leaves by is for the bridge to say.
      const leavesBridge = hook === 'egress' && way.interfaces.oifname === masterOf(context.host, device);
      return leavesBridge
        ? undecided(context, way, `egress of ${device}`)
        : either(way, is(way, own), next => is(next, port));
    });
  }
  return decision;
}

/** The ways of a packet that chains of the bridge family may look at: whether they let it pass is not modelled. */
export function throughBridge(context: Context, state: State): { state: State; passed: boolean }[] {
  const { iifname, oifname, physin } = state.interfaces;
  const onBridge = [iifname, oifname].some(name => typeof name === 'string' && isBridge(context.host, name));
  if (physin === '' && !onBridge) return [{ state, passed: true }];
  const table = context.host.rules.tables.find(
    ({ family, dormant, chains }) =>
      family === 'bridge' &&
      !dormant &&
      [...chains.values()].some(({ base, rules }) => base !== null && (rules.length > 0 || base.policy === 'drop')),
  );
  if (table === undefined) return [{ state, passed: true }];
  context.where = { hook: 'routing', table: table.name, chain: null, source: null };
  const decision = undecided(context, state, `table bridge ${table.name}`);
  if (typeof decision === 'boolean') return [{ state, passed: decision }];
  return [
    ...decision.yes.map(way => ({ state: way, passed: true })),
    ...decision.no.map(way => ({ state: way, passed: false })),
  ];
}
