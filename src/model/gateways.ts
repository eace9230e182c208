import { canonical } from './address.ts';
import type { Interface, PodReport, Route } from './report.ts';
import { cite } from './section.ts';
import type { Stack } from './stack.ts';

/**
 * The gateways of the pod's default routes, each with the node's interface that has this address. A link-local address
 * is only unique on its link, so `near` (the bridge or the other end of the pod's interface) is looked at first.
 */
export function gatewaysOf(routes: readonly Route[], node: Stack, near: Interface | null): PodReport['gateways'] {
  return routes.flatMap(route => {
    if (route.destination !== 'default' || route.gateway === null || route.interface === null) return [];
    const has = (addresses: readonly { address: string }[]) =>
      addresses.some(({ address }) => canonical(address) === route.gateway);
    const nearby = near !== null && has(near.addresses) ? near : undefined;
    const owner = node.addrs.records.find(({ name, addresses }) => (nearby ? name === nearby.name : has(addresses)));
    return [
      {
        family: route.family,
        address: route.gateway,
        interface: route.interface,
        onNode: owner?.name ?? null,
        evidence: [...(route.evidence ?? []), ...(owner ? cite(node.addrs, owner) : [])],
      },
    ];
  });
}
