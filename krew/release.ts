import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { stringify } from 'yaml';
import packageJson from '../package.json' with { type: 'json' };
import { bundle } from './bundle.ts';
import { executableName, makeExecutable } from './executable/executable.ts';
import { nodePackage } from './node-package.ts';
import { type Archive, pluginManifest } from './plugin.ts';
import { billOfMaterials } from './sbom.ts';
import { blobWriter, type Target, targetName, targets } from './targets.ts';
import { notices, type ThirdParty, thirdParties } from './third-party.ts';

/**
 * `npm run release [-- --target linux-x64]… [--out FOLDER] [--url URL]`: an archive for each platform with one executable file, their
 * sums, a bill of materials and krew's manifest, in release/. A release of all platforms also writes plugin.yaml. The same sources
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

/** Every file in an archive has this time, npm's: the sources have none that lasts. */
const mtime = new Date('1985-10-26T08:15:00Z');

async function makeArchive(
  target: Target,
  program: string,
  parties: readonly ThirdParty[],
  work: string,
): Promise<Archive> {
  const executable = await makeExecutable(target, program, work);
  const nodes = [await nodePackage(target.node), await nodePackage(blobWriter(target))];
  const entries = [
    { name: 'LICENSE', mode: 0o644, body: readFileSync(join(root, 'LICENSE')) },
    { name: 'THIRD-PARTY-NOTICES', mode: 0o644, body: Buffer.from(notices(parties, target.node.version, nodes)) },
    { name: executableName(target), mode: 0o755, body: readFileSync(executable) },
  ];
  const tar = await packTar(
    entries.map(({ name, mode, body }) => ({
      header: { name, mode, mtime, size: body.length, uid: 0, gid: 0, type: 'file' as const },
      body,
    })),
  );
  const packed = gzipSync(tar);
  const name = `kubectl-netinspect_v${version}_${target.os}_${target.goarch}.tar.gz`;
  writeFileSync(join(out, name), packed);
  console.log(`${name}: ${(packed.length / 1e6).toFixed(1)} MB, Node ${target.node.version}`);
  return { target, name, sha256: createHash('sha256').update(packed).digest('hex') };
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'netinspect-release-'));
try {
  const program = join(work, 'program');
  const parties = thirdParties([...(await bundle(program)).values()].flat());
  const archives: Archive[] = [];
  for (const target of chosen) archives.push(await makeArchive(target, program, parties, work));

  const bill = `kubectl-netinspect_v${version}.cdx.json`;
  writeFileSync(join(out, bill), `${JSON.stringify(billOfMaterials(version, parties, chosen), null, 2)}\n`);
  const billSum = createHash('sha256')
    .update(readFileSync(join(out, bill)))
    .digest('hex');
  const sums = [...archives, { name: bill, sha256: billSum }].map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
  // krew-index wants a manifest that is called as the plugin.
  const manifest = join(out, 'netinspect.yaml');
  writeFileSync(manifest, stringify(pluginManifest(version, homepage, values.url, archives), { lineWidth: 0 }));
  if (chosen.length === targets.length) copyFileSync(manifest, join(root, 'plugin.yaml'));
} finally {
  rmSync(work, { recursive: true, force: true });
}
