import { objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { type ObjectRecord, parseList, readConditions } from './list.ts';

export interface NodeRecord extends ObjectRecord {
  /** InternalIP and ExternalIP. */
  ips: string[];
  podCIDRs: string[];
  ready: boolean | null;
  /** The label topology.kubernetes.io/zone. */
  zone: string | null;
  osImage: string | null;
  kernel: string | null;
  containerRuntime: string | null;
  kubeletVersion: string | null;
}

/** Reads a list of nodes (core/v1 NodeList). */
export function parseNodes(text: string): Parsed<NodeRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const status = objectAt(object, 'status');
    const info = objectAt(status, 'nodeInfo');
    const ready = readConditions(status).find(condition => condition.type === 'Ready')?.status;
    const cidr = stringAt(spec, 'podCIDR');
    const cidrs = stringsAt(spec, 'podCIDRs');
    return {
      ...meta,
      ips: objectsAt(status, 'addresses').flatMap(address =>
        /^(Internal|External)IP$/.test(stringAt(address, 'type') ?? '') ? (stringAt(address, 'address') ?? []) : [],
      ),
      podCIDRs: cidrs.length > 0 || cidr === null ? cidrs : [cidr],
      ready: ready === 'True' ? true : ready === 'False' ? false : null,
      zone: stringAt(objectAt(objectAt(object, 'metadata'), 'labels'), 'topology.kubernetes.io/zone'),
      osImage: stringAt(info, 'osImage'),
      kernel: stringAt(info, 'kernelVersion'),
      containerRuntime: stringAt(info, 'containerRuntimeVersion'),
      kubeletVersion: stringAt(info, 'kubeletVersion'),
    };
  });
}
