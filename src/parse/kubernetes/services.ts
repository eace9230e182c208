import { numberAt, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import type { Parsed } from '../records.ts';
import { labelsAt, type ObjectRecord, parseList } from './list.ts';

export interface ServiceRecord extends ObjectRecord {
  type: string;
  selector: Record<string, string>;
  clusterIPs: string[];
  ipFamilies: string[];
  externalIPs: string[];
  loadBalancerIPs: string[];
  loadBalancerHostnames: string[];
  sessionAffinity: string;
  affinitySeconds: number | null;
  externalName: string | null;
  healthCheckNodePort: number | null;
  internalTrafficPolicy: string | null;
  externalTrafficPolicy: string | null;
  ports: {
    name: string | null;
    protocol: string;
    port: number;
    nodePort: number | null;
    targetPort: string | number;
  }[];
}

/** Reads a list of services (core/v1 ServiceList). */
export function parseServices(text: string): Parsed<ServiceRecord> {
  return parseList(text, (object, meta) => {
    const spec = objectAt(object, 'spec');
    const ingress = objectsAt(objectAt(objectAt(object, 'status'), 'loadBalancer'), 'ingress');
    const clusterIP = stringAt(spec, 'clusterIP');
    const clusterIPs = stringsAt(spec, 'clusterIPs');
    return {
      ...meta,
      type: stringAt(spec, 'type') ?? 'ClusterIP',
      selector: labelsAt(spec, 'selector'),
      clusterIPs: clusterIPs.length > 0 || clusterIP === null ? clusterIPs : [clusterIP],
      ipFamilies: stringsAt(spec, 'ipFamilies'),
      externalIPs: stringsAt(spec, 'externalIPs'),
      loadBalancerIPs: ingress.flatMap(item => stringAt(item, 'ip') ?? []),
      loadBalancerHostnames: ingress.flatMap(item => stringAt(item, 'hostname') ?? []),
      sessionAffinity: stringAt(spec, 'sessionAffinity') ?? 'None',
      affinitySeconds: numberAt(objectAt(objectAt(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds'),
      externalName: stringAt(spec, 'externalName'),
      healthCheckNodePort: numberAt(spec, 'healthCheckNodePort') || null,
      internalTrafficPolicy: stringAt(spec, 'internalTrafficPolicy'),
      externalTrafficPolicy: stringAt(spec, 'externalTrafficPolicy'),
      ports: objectsAt(spec, 'ports').flatMap(port => {
        const number = numberAt(port, 'port');
        if (number === null) return [];
        return [
          {
            name: stringAt(port, 'name'),
            protocol: stringAt(port, 'protocol') ?? 'TCP',
            port: number,
            nodePort: numberAt(port, 'nodePort'),
            targetPort: stringAt(port, 'targetPort') ?? numberAt(port, 'targetPort') ?? number,
          },
        ];
      }),
    };
  });
}
