import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, contentHash, fileHashes } from '../build/cache.ts';
import { aptSource } from '../build/tool-image.ts';
import { exclusively } from '../exclusive.ts';
import { sourcePath } from '../paths.ts';
import type { Say } from '../say.ts';

/** What the program is installed with: the real krew with its validator, and a system that has no Node. */
export interface InstallTools {
  /** Folder of `krew` and `validate-krew-manifest`. */
  krew: string;
  /** Root of a minimal Debian (what its container image has) with git and certificates. */
  root: string;
  /** Folder of Mach-O executables of Go: `darwin-arm64`, which its linker signs, and `darwin-amd64`, which it does not. */
  machO: string;
  /** The checker of GitHub's workflow files. */
  actionlint: string;
}

/** Builds them where that is not done yet: two minutes. */
export function buildInstallTools(say: Say): Promise<InstallTools> {
  return exclusively('build', say, async () => ({
    krew: await buildKrew(say),
    root: await buildRoot(say),
    machO: await buildMachO(say),
    actionlint: await buildActionlint(say),
  }));
}

async function buildKrew(say: Say): Promise<string> {
  const source = sourcePath('install', 'krew');
  const goVersion = (await execa('go', ['env', 'GOVERSION', 'GOARCH'], { cwd: source })).stdout;
  return cached('krew', contentHash([goVersion, await fileHashes(source)]), say, async dir => {
    const env = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false -trimpath' };
    const packages = ['krew', 'validate-krew-manifest'].map(name => `sigs.k8s.io/krew/cmd/${name}`);
    await execa('go', ['build', '-ldflags', '-s -w', '-o', `${dir}/`, ...packages], { cwd: source, env });
  });
}

async function buildRoot(say: Say): Promise<string> {
  const { suite, sources } = await aptSource();
  const args = [
    '--variant=apt',
    '--mode=root',
    '--include=git,ca-certificates',
    '--aptopt=APT::Install-Recommends "false"',
  ];
  const folder = await cached('bare-root', contentHash([suite, args]), say, async dir => {
    await execa('mmdebstrap', [...args, '--format=directory', suite, join(dir, 'root'), sources]);
  });
  return join(folder, 'root');
}

function buildMachO(say: Say): Promise<string> {
  const program = 'package main\nfunc main() {}\n';
  return cached('mach-o', contentHash([program]), say, async dir => {
    await writeFile(join(dir, 'main.go'), program);
    for (const GOARCH of ['amd64', 'arm64'])
      await execa('go', ['build', '-o', `darwin-${GOARCH}`, 'main.go'], { cwd: dir, env: { GOOS: 'darwin', GOARCH } });
  });
}

async function buildActionlint(say: Say): Promise<string> {
  const program = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
  const folder = await cached('actionlint', contentHash([program]), say, async dir => {
    await execa('go', ['install', program], { cwd: '/', env: { CGO_ENABLED: '0', GOFLAGS: '-trimpath', GOBIN: dir } });
  });
  return join(folder, 'actionlint');
}
