import { join } from 'node:path';
import { execa } from 'execa';
import { sourcePath } from '../cluster/paths.ts';

/** Builds a kubectl of its own, as users have it, in a folder: the test cluster's is part of a multi-call program, which starts slower. */
export async function buildKubectl(folder: string): Promise<string> {
  const path = join(folder, 'kubectl-alone');
  await execa('go', ['build', '-ldflags', '-s -w', '-o', path, 'k8s.io/kubernetes/cmd/kubectl'], {
    cwd: sourcePath('programs'),
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false -trimpath' },
  });
  return path;
}
