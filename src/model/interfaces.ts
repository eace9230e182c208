import type { LinkRecord } from '../parse/link.ts';
import { canonical } from './address.ts';
import type { Interface, Note, PodInterface } from './report.ts';
import { cite } from './section.ts';
import type { Stack } from './stack.ts';

/** The interface of a link record, with its addresses. */
export function toInterface(link: LinkRecord, stack: Stack): Interface {
  const addr = stack.addrs.records.find(record => record.index === link.index);
  return {
    name: link.name,
    index: link.index,
    kind: link.kind ?? (link.linkType === 'loopback' ? 'loopback' : 'device'),
    mac: link.linkType === 'loopback' ? null : link.mac,
    mtu: link.mtu,
    state: link.state,
    master: link.master,
    addresses: (addr?.addresses ?? []).map(address => ({ ...address, address: canonical(address.address) })),
    evidence: [...cite(stack.links, link), ...(addr ? cite(stack.addrs, addr) : [])],
  };
}

/** A pod's interfaces but lo, each with its other end on the node, and notes about those whose end is not certain. */
export function podInterfaces(pod: Stack, node: Stack): { interfaces: PodInterface[]; notes: Note[] } {
  const notes: Note[] = [];
  const interfaces = pod.links.records
    .filter(link => link.linkType !== 'loopback')
    .map(link => {
      const { peer, note } = findPeer(link, pod, node);
      if (note !== null) notes.push({ ...note, evidence: cite(pod.links, link) });
      return { ...toInterface(link, pod), peer: peer === null ? null : toInterface(peer, node) };
    });
  return { interfaces, notes };
}

const paired = new Set(['veth', 'netkit']);

/**
 * The node's end of a pod's veth. Interface indexes repeat in every namespace, so both ends must name each other's
 * index, and the namespace ids of both must lead to the other's inode. Where an id is not known, the indexes alone
 * decide if they leave one candidate, and a note says so.
 */
export function findPeer(link: LinkRecord, pod: Stack, node: Stack): { peer: LinkRecord | null; note: Note | null } {
  const none = (code: string, text: string) => ({
    peer: null,
    note: { code, severity: 'warning' as const, text: `${link.name}: ${text}` },
  });
  if (link.kind === null || !paired.has(link.kind)) return { peer: null, note: null };
  if (link.peerIndex === null)
    return none('peer-not-on-node', 'its other end is in the same network namespace or gone');
  if (node.links.state === 'absent') return none('peer-unknown', "the node's interfaces were not read");
  const outward = leadsTo(link, pod, node.inode);
  if (outward === false)
    return none('peer-not-on-node', "its other end is in a network namespace that is not the node's");
  const candidates = node.links.records
    .filter(end => end.index === link.peerIndex && end.peerIndex === link.index && end.kind === link.kind)
    .map(end => ({ end, back: leadsTo(end, node, pod.inode) }))
    .filter(({ back }) => back !== false);
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) {
    return none('peer-not-found', `no interface of the node has index ${link.peerIndex} and leads back to this pod`);
  }
  if (outward === true && only.back === true) return { peer: only.end, note: null };
  const missing = outward === null ? "the pod's id for the node's namespace" : "the node's id for the pod's namespace";
  const text = `${link.name}: joined with ${only.end.name} by interface indexes alone, because ${missing} is not known`;
  return { peer: only.end, note: { code: 'peer-by-index', severity: 'info', text } };
}

/** Whether a link's namespace id means the namespace with this inode; null when that cannot be told. */
function leadsTo(link: LinkRecord, from: Stack, inode: number | null): boolean | null {
  if (link.peerNetnsId === null || inode === null) return null;
  const target = from.netns.records.find(record => record.netnsId === link.peerNetnsId);
  return target === undefined ? null : target.inode === inode;
}
