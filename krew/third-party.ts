import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A package whose code is in the bundle. */
export interface ThirdParty {
  name: string;
  version: string;
  /** SPDX expression. */
  license: string;
  /** The sum of the package that npm installed (`sha512-…`); undefined where the lock file has none. */
  integrity: string | undefined;
  /** The text of its licence files. */
  text: string;
}

/** The packages that bundled files come from, by name and version. Throws when one does not say its licence. */
export function thirdParties(files: Iterable<string>): ThirdParty[] {
  const folders = new Set([...files].flatMap(file => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const parties = [...folders].map(folder => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as ThirdParty;
    if (typeof license !== 'string') throw new Error(`${folder} does not say its licence`);
    const texts = readdirSync(join(root, folder))
      .filter(file => /^(licen[cs]e|notice|copying)/i.test(file))
      .map(file => readFileSync(join(root, folder, file), 'utf8').trim());
    return { name, version, license, integrity: lock.packages[folder]?.integrity, text: texts.join('\n\n') };
  });
  return parties.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** The notices that licences ask for: of each bundled package, and Node's, which has those of all that is in it. */
export function notices(parties: readonly ThirdParty[], node?: { version: string; license: string }): string {
  const rule = '-'.repeat(80);
  const sections = [
    ...parties.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}`),
    ...(node === undefined ? [] : [`Node.js ${node.version}\n\n${node.license}`]),
  ];
  return `kubectl-netinspect contains the following software.\n\n${sections.map(section => `${rule}\n${section}\n`).join('\n')}`;
}
