import type { Ask } from '../collect/source.ts';
import { containersOf } from '../model/containers.ts';
import type { ContainerEnv, EnvReport, ServiceEnv } from '../model/env-report.ts';
import type { Note } from '../model/report.ts';
import { cite, type Section } from '../model/section.ts';
import { serviceVariables, variableName } from '../model/service-variables.ts';
import { type EnvironRecord, parseEnviron } from '../parse/environ.ts';
import { parseCreated } from '../parse/kubernetes/created.ts';
import { parsePodEnv } from '../parse/kubernetes/pod-env.ts';
import { parseServices, type ServiceRecord } from '../parse/kubernetes/services.ts';
import { type PodTarget, podPath, type Snapshot } from '../parse/snapshot.ts';
import { withoutEvidence } from './evidence.ts';
import { findPlace, findPod } from './pod-facts.ts';
import { sectionReader } from './sections.ts';

/** The question for the pod's node. */
export const askEnv: Ask = async () => ({ words: ['env'], pods: true });

/** Its variables go to every pod, whatever its namespace and enableServiceLinks (pkg/kubelet/kubelet_pods.go). */
const apiServer = { namespace: 'default', name: 'kubernetes' };

/**
 * The service variables of the pod's containers, from the snapshot alone. Throws IncompleteError when the snapshot does not have the
 * pod.
 */
export function envReport(snapshot: Snapshot, target: PodTarget, { evidence }: { evidence: boolean }): EnvReport {
  const reader = sectionReader(snapshot);
  const { pod, pods } = findPod(reader, target);
  const node = pod.nodeName ?? '';
  const own = reader
    .read('cluster/pods.json', parsePodEnv)
    .records.find(({ namespace, name }) => namespace === target.namespace && name === target.name);
  const services = reader.read('cluster/services.json', parseServices);
  const made = reader.read('cluster/services.json', parseCreated);
  const links = own?.serviceLinks ?? true;
  const wanted = services.records.filter(
    ({ namespace, name }) =>
      (links && namespace === target.namespace) || (namespace === apiServer.namespace && name === apiServer.name),
  );
  const created = new Map(made.records.map(record => [`${record.namespace}/${record.name}`, record.created]));
  const { processes } = findPlace(reader, node, pod);
  const environ = reader.read(podPath(node, pod, 'env.txt'), parseEnviron);
  const containers = containersOf(pod, pods, processes).containers.filter(
    ({ role }) => role === 'app' || role === 'sidecar',
  );
  const report: EnvReport = {
    apiVersion: 'netinspect/v1',
    kind: 'EnvReport',
    time: snapshot.index.time,
    pod: { namespace: target.namespace, name: target.name, node: pod.nodeName },
    serviceLinks: own?.serviceLinks ?? null,
    containers: containers.map(({ name, pids }): ContainerEnv => {
      const spec = own?.containers.find(each => each.name === name);
      const pid = pids?.find(each => environ.records.some(record => record.pid === each)) ?? pids?.[0] ?? null;
      const looked = pid !== null && environ.state !== 'absent';
      return {
        name,
        started: spec?.started ?? null,
        pid,
        services: looked ? compare(environ, pid, wanted, { created, set: new Set(spec?.env) }) : [],
      };
    }),
    notes: [],
    gaps: [],
  };
  report.notes = notesOf(report);
  // What gave no process its namespaces is said elsewhere: this question does not need them.
  report.gaps = reader.gaps.filter(
    ({ subject }) => !subject.endsWith('/netns.txt') && subject !== 'cluster/events.json',
  );
  return evidence ? report : withoutEvidence(report);
}

interface Known {
  created: ReadonlyMap<string, string | null>;
  /** What the container's own specification sets. */
  set: ReadonlySet<string>;
}

function compare(
  environ: Section<EnvironRecord>,
  pid: number,
  services: readonly ServiceRecord[],
  { created, set }: Known,
): ServiceEnv[] {
  const has = new Map(environ.records.filter(record => record.pid === pid).map(record => [record.name, record]));
  const used = new Set<string>();
  const variable = (name: string, today: string | null) => {
    used.add(name);
    const record = has.get(name);
    return { name, value: record?.value ?? null, today, evidence: record === undefined ? [] : cite(environ, record) };
  };
  const present = services.flatMap((record): ServiceEnv[] => {
    const variables = [...serviceVariables(record)].map(([name, today]) => variable(name, today));
    if (variables.length === 0) return [];
    const service = `${record.namespace}/${record.name}`;
    const state = variables.every(({ value }) => value === null)
      ? 'missing'
      : variables.every(({ value, today }) => value === today)
        ? 'same'
        : variables.every(({ name, value, today }) => value === today || set.has(name))
          ? 'shadowed'
          : 'stale';
    return [{ service, prefix: variableName(record.name), state, created: created.get(service) ?? null, variables }];
  });
  // What is left speaks of services that are no more, or of ports that a service had; or was set by the container itself.
  const left = [...has.values()].filter(({ name }) => !used.has(name) && !set.has(name));
  const hosts = left.flatMap(({ name }) => /^(.+)_SERVICE_HOST$/.exec(name)?.[1] ?? []);
  const prefixes = [...hosts, ...present.map(({ prefix }) => prefix)].sort((a, b) => b.length - a.length);
  const gone = [...Map.groupBy(left, ({ name }) => prefixes.find(prefix => name.startsWith(`${prefix}_`)))].flatMap(
    ([prefix, records]): ServiceEnv[] => {
      if (prefix === undefined) return [];
      const variables = records.map(({ name }) => variable(name, null));
      const known = present.find(one => one.prefix === prefix);
      if (known === undefined) return [{ service: null, prefix, state: 'gone', created: null, variables }];
      known.variables.push(...variables);
      if (known.state === 'same') known.state = 'stale';
      return [];
    },
  );
  return [...present, ...gone];
}

function notesOf({ containers, serviceLinks, pod }: EnvReport): Note[] {
  const warn = (code: string, text: string): Note => ({ code, severity: 'warning', text });
  const restart = `kubectl delete pod -n ${pod.namespace} ${pod.name} (its controller makes it anew)`;
  return [
    ...(serviceLinks === false
      ? [
          {
            code: 'env-no-links',
            severity: 'info' as const,
            text: "the pod has enableServiceLinks: false: only the API server's variables are injected",
          },
        ]
      : []),
    ...containers.flatMap(({ name, services, started }) =>
      services.flatMap(({ service, prefix, state, variables, created }) => {
        const host = variables.find(one => one.name === `${prefix}_SERVICE_HOST`);
        if (state === 'stale')
          return [
            warn(
              'env-stale',
              host !== undefined && host.value !== host.today
                ? `container ${name} has ${host.name}=${host.value}, but ${service} is ${host.today ?? 'headless'} now: what it reads from there leads nowhere; ${restart}`
                : `container ${name} has variables of ${service} that are not today's: ${restart}`,
            ),
          ];
        if (state === 'gone')
          return [
            warn(
              'env-gone',
              `container ${name} has ${prefix}_SERVICE_HOST of a service that does not exist any more; ${restart}`,
            ),
          ];
        if (state === 'missing')
          return [
            {
              code: 'env-missing',
              severity: 'info' as const,
              text:
                created !== null && started !== null && Date.parse(created) >= Date.parse(started)
                  ? `container ${name} has no variables of ${service}: it was made ${created}, after the container started (${started})`
                  : `container ${name} has no variables of ${service}`,
            },
          ];
        return [];
      }),
    ),
  ];
}
