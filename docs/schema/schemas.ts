import { fileURLToPath } from 'node:url';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every kind of document that a command prints: the names of their types in src/model. */
const kinds = [
  'PodReport',
  'NodeReport',
  'ServiceReport',
  'ChainsReport',
  'TraceReport',
  'PacketInput',
  'PacketTrace',
  'ProbeReport',
  'ConntrackReport',
  'ConntrackEvent',
  'ConntrackDeleteReport',
  'DnsReport',
  'SysctlReport',
  'EnvReport',
  'PathReport',
  'AccessReport',
  'IngressReport',
  'SnapshotReport',
  'CleanupReport',
  'PlanReport',
  'ConfigReport',
  'VersionReport',
];

/** The JSON Schema (draft 7) of each kind, generated from its type; other members than the named ones are errors. */
export function schemas(): Map<string, Schema> {
  const generator = createGenerator({
    path: `${root}src/model/{report,service-report,chains-report,trace-report,trace,probe-report,conntrack-report,dns-report,sysctl-report,env-report,path-report,access-report,ingress-report,saved,cleanup,plan,config,version}.ts`,
    tsconfig: `${root}tsconfig.json`,
    additionalProperties: false,
    skipTypeCheck: true,
  });
  return new Map(kinds.map(kind => [kind, { ...generator.createSchema(kind), title: kind }]));
}
