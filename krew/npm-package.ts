import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { assets } from '../src/collect/assets.ts';
import type { ArchivedFile } from './archive.ts';
import { notices, type ThirdParty } from './third-party.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The files of the npm package, for who has a Node: the bundled program, which needs no other package. */
export function npmPackage(program: string, parties: readonly ThirdParty[]): ArchivedFile[] {
  const { name, version, description, license, homepage, bin, engines } = packageJson;
  const manifest = { name, version, description, license, homepage, bin, engines };
  const file = (path: string, body: Buffer, mode = 0o644) => ({ name: `package/${path}`, mode, body });
  const schemas = readdirSync(join(root, 'docs/schema')).filter(each => each.endsWith('.json'));
  return [
    file('package.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)),
    ...['README.md', 'LICENSE'].map(path => file(path, readFileSync(join(root, path)))),
    file('THIRD-PARTY-NOTICES', Buffer.from(notices(parties))),
    file(bin['kubectl-netinspect'], readFileSync(join(program, 'kubectl-netinspect.cjs')), 0o755),
    ...['main.cjs', 'screen.cjs', ...Object.keys(assets)].map(each =>
      file(`dist/${each}`, readFileSync(join(program, each))),
    ),
    ...schemas.sort().map(each => file(`docs/schema/${each}`, readFileSync(join(root, 'docs/schema', each)))),
  ];
}
