import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import { archive } from './archive.ts';
import { bundle } from './bundle.ts';
import { executableName, makeExecutable } from './executable/executable.ts';
import { nodeLicense } from './node-package.ts';
import { npmPackage } from './npm-package.ts';
import { type Archive, pluginManifest } from './plugin.ts';
import { billOfMaterials } from './sbom.ts';
import { blobWriter, type Target, targetName, targets } from './targets.ts';
import { notices, type ThirdParty, thirdParties } from './third-party.ts';

/**
 * `npm run release [-- --target linux-x64]… [--out FOLDER] [--url URL]`: an archive for each platform with one executable file, an npm
 * package, their sums, a bill of materials and krew's manifest, in release/. A release of all platforms also writes plugin.yaml. The same sources
 * give the same bytes. On Linux x64 only; the Nodes of other platforms come from npm (krew/targets.ts).
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const { version, homepage } = packageJson;
const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: targets.map(targetName) },
    out: { type: 'string', default: join(root, 'release') },
    url: { type: 'string', default: `${homepage}/releases/download/v${version}` },
  },
});
const unknown = values.target.find(name => !targets.some(target => targetName(target) === name));
if (unknown !== undefined) throw new Error(`no target ${unknown}: ${targets.map(targetName).join(', ')}`);
if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('releases are built on Linux x64');
const chosen = targets.filter(target => values.target.includes(targetName(target)));
const out = resolve(values.out);

/** Puts a file into the release; gives its sum. */
function put(name: string, body: Buffer): { name: string; sha256: string } {
  writeFileSync(join(out, name), body);
  console.log(`${name}: ${(body.length / 1e6).toFixed(1)} MB`);
  return { name, sha256: createHash('sha256').update(body).digest('hex') };
}

async function executableArchive(target: Target, program: string, parties: readonly ThirdParty[], work: string) {
  const node = { version: target.node.version, license: await nodeLicense([target.node, blobWriter(target)]) };
  return archive([
    { name: 'LICENSE', mode: 0o644, body: readFileSync(join(root, 'LICENSE')) },
    { name: 'THIRD-PARTY-NOTICES', mode: 0o644, body: Buffer.from(notices(parties, node)) },
    { name: executableName(target), mode: 0o755, body: readFileSync(await makeExecutable(target, program, work)) },
  ]);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'netinspect-release-'));
try {
  const program = join(work, 'program');
  const parties = thirdParties([...(await bundle(program)).values()].flat());
  const archives: Archive[] = [];
  for (const target of chosen) {
    const name = `kubectl-netinspect_v${version}_${target.os}_${target.goarch}.tar.gz`;
    archives.push({ target, ...put(name, await executableArchive(target, program, parties, work)) });
  }
  const bill = `${JSON.stringify(billOfMaterials(version, parties, chosen), null, 2)}\n`;
  const others = [
    put(`kubectl-netinspect-${version}.tgz`, await archive(npmPackage(program, parties))),
    put(`kubectl-netinspect_v${version}.cdx.json`, Buffer.from(bill)),
  ];
  const sums = [...archives, ...others].map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
  // krew-index wants a manifest that is called as the plugin.
  const manifest = join(out, 'netinspect.yaml');
  writeFileSync(manifest, stringify(pluginManifest(version, homepage, values.url, archives), { lineWidth: 0 }));
  if (chosen.length === targets.length) copyFileSync(manifest, join(root, 'plugin.yaml'));
} finally {
  rmSync(work, { recursive: true, force: true });
}
