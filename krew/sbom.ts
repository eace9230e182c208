import type { Target } from './targets.ts';
import type { ThirdParty } from './third-party.ts';

/** The software bill of materials of a release, CycloneDX 1.6: the bundled packages, and the Node of each executable. */
export function billOfMaterials(version: string, parties: readonly ThirdParty[], targets: readonly Target[]): object {
  const nodes = new Map(targets.map(({ node }) => [npmUrl(node.name, node.version), node]));
  const subject = npmUrl('kubectl-netinspect', version);
  const components = [
    ...parties.map(({ name, version: its, license, integrity }) => ({
      type: 'library',
      'bom-ref': npmUrl(name, its),
      name,
      version: its,
      licenses: [{ expression: license }],
      purl: npmUrl(name, its),
      ...(integrity !== undefined && { hashes: [sha512(integrity)] }),
    })),
    ...[...nodes].map(([url, { name, version: its, integrity }]) => ({
      type: 'platform',
      'bom-ref': url,
      name: 'node',
      version: its,
      description: `Node.js, of the npm package ${name}`,
      licenses: [{ expression: 'MIT' }],
      purl: url,
      hashes: [sha512(integrity)],
    })),
  ];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': subject,
        name: 'kubectl-netinspect',
        version,
        licenses: [{ expression: 'Apache-2.0' }],
        purl: subject,
      },
    },
    components,
    dependencies: [{ ref: subject, dependsOn: components.map(component => component['bom-ref']) }],
  };
}

/** A package URL (purl-spec): the @ of a scope is escaped. */
function npmUrl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function sha512(integrity: string): { alg: string; content: string } {
  return { alg: 'SHA-512', content: Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex') };
}
