import type { Attachment, Egress, Interface, MtuPath, Overlay, PodInterface } from './report.ts';

/**
 * The MTUs along each way out of the node: the pod's interface, its other end, the bridge, the interface that the route
 * names, and below an overlay the interface that carries it. Ways of one family with the same hops stand once; a
 * discarded one has none. The evidence is the link records of the last ones; that of the first stands with them.
 */
export function mtuPaths(
  primary: PodInterface | null,
  attachment: Attachment,
  egress: readonly Egress[],
  overlays: readonly Overlay[],
  onNode: readonly Interface[],
): MtuPath[] {
  const inside = primary === null ? [] : [{ where: 'pod' as const, link: primary }];
  const near = [primary?.peer ?? null, attachment.kind === 'bridge' ? attachment.bridge : null];
  const paths = new Map<string, MtuPath>();
  for (const { family, destination, interface: out } of egress) {
    if (out === null) continue;
    const underlay = overlays.find(({ device }) => device === out)?.underlay;
    const far = [out, underlay].map(name => onNode.find(link => link.name === name));
    const links = [...near, ...far].flatMap(link => (link ? [{ where: 'node' as const, link }] : []));
    const met = [...inside, ...links];
    const key = `${family} ${met.map(({ where, link }) => `${where} ${link.name}`).join(' ')}`;
    const known = paths.get(key);
    if (known !== undefined) known.destinations.push(destination);
    else
      paths.set(key, {
        family,
        destinations: [destination],
        hops: met.map(({ where, link }) => ({ where, interface: link.name, mtu: link.mtu })),
        evidence: far.flatMap(link => link?.evidence?.slice(0, 1) ?? []),
      });
  }
  return [...paths.values()];
}
