import type { Attachment, Egress, Interface, MtuHop, Overlay, PodInterface } from './report.ts';

/**
 * The interfaces that a packet to another node's pod, or out of the cluster, meets, in order: the pod's, its other end,
 * the bridge, the overlays that carry pod traffic with their underlays, and the other interfaces that it leaves by.
 */
export function mtuPath(
  primary: PodInterface | null,
  attachment: Attachment,
  egress: readonly Egress[],
  overlays: readonly Overlay[],
  onNode: readonly Interface[],
): MtuHop[] {
  const names = new Set<string>();
  if (primary?.peer) names.add(primary.peer.name);
  if (attachment.kind === 'bridge') names.add(attachment.bridge.name);
  const leaving = new Set(egress.map(way => way.interface));
  const carrying = overlays.filter(overlay => leaving.has(overlay.device));
  for (const overlay of carrying) names.add(overlay.device);
  for (const overlay of carrying) if (overlay.underlay !== null) names.add(overlay.underlay);
  for (const name of leaving) names.add(name);
  const hops: MtuHop[] = primary === null ? [] : [{ where: 'pod', interface: primary.name, mtu: primary.mtu }];
  for (const name of names) {
    const link = onNode.find(candidate => candidate.name === name);
    if (link !== undefined) hops.push({ where: 'node', interface: name, mtu: link.mtu });
  }
  return hops;
}
