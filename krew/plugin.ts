import { executableName } from './executable/executable.ts';
import type { Target } from './targets.ts';

/** An archive of a release. */
export interface Archive {
  target: Target;
  /** Its file name. */
  name: string;
  sha256: string;
}

/** The plugin's manifest for krew (krew.googlecontainertools.github.com/v1alpha2); the archives lie below `url`. */
export function pluginManifest(version: string, homepage: string, url: string, archives: readonly Archive[]): object {
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'netinspect' },
    spec: {
      version: `v${version}`,
      homepage,
      shortDescription: 'Trace pod and service traffic through real rules',
      description: `Shows which way the traffic of a pod, service or node goes: interfaces, bridges, routes,
kube-proxy rules with their effective probabilities, NAT, conntrack, and where it
breaks, with the evidence for each fact. Works on iptables, nftables and IPVS, IPv4
and IPv6, live or from a saved snapshot. A live run looks into a node through one
privileged debug pod, which it deletes.
`,
      caveats: `Try it without a cluster:
  kubectl netinspect pod shop/web-0 --from demo

For completion of "kubectl netinspect", run once:
  kubectl netinspect completion kubectl --install

Flags come after the plugin's name: kubectl netinspect --context NAME …
On Linux it needs glibc 2.28 or later (it does not run on musl, such as Alpine).
`,
      platforms: archives.map(({ target, name, sha256 }) => ({
        selector: { matchLabels: { os: target.os, arch: target.goarch } },
        uri: `${url}/${name}`,
        sha256,
        bin: executableName(target),
        files: ['LICENSE', 'THIRD-PARTY-NOTICES', executableName(target)].map(from => ({ from, to: '.' })),
      })),
    },
  };
}
